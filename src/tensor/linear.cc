#include "tensor/linear.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "core/error.h"
#include "tensor/elementwise.h"
#include "tensor/kernel_cache.h"
#include "tensor/rows.h"

namespace attune::tensor {
namespace {

using onednn::Type;

/// Any number of rows up to this has a kernel of its own: the hypotheses of a beam, say, for which
/// reading the weights is what takes the time.
constexpr std::int64_t kFewRows = 8;
/// What the layout of the weights is chosen for; it serves all other numbers of rows.
constexpr std::int64_t kTypicalRows = 128;

Type type_of(Precision precision) {
  switch (precision) {
    case Precision::kBFloat16:
      return Type::bf16;
    case Precision::kInt8:
      return Type::s8;
    case Precision::kFloat32:
      break;
  }
  return Type::f32;
}

/// Rows of one type, somebody else's.
struct Rows {
  const void* data = nullptr;
  Type type = Type::f32;
  std::int64_t count = 0;
  std::int64_t columns = 0;
  std::int64_t stride = 0;

  template <class T>
  Rows(const BasicView<T>& view, std::int64_t expected_columns)
      : data(view.data),
        type(sizeof(T) == sizeof(float) ? Type::f32 : Type::bf16),
        count(view.shape.front()),
        columns(view.shape.back()),
        stride(count == 1 ? columns : view.strides.front()) {
    if (view.shape.size() != 2 || columns != expected_columns || view.strides.back() != 1)
      throw Error(ErrorKind::kInternal, "linear layer: rows of " +
                                            std::to_string(expected_columns) + " where there are " +
                                            to_string(view.shape));
  }

  bool dense() const { return stride == columns; }
  std::int64_t element_bytes() const {
    return type == Type::f32 ? sizeof(float) : sizeof(BFloat16);
  }

  Rows piece(std::int64_t begin, std::int64_t rows) const {
    Rows result = *this;
    result.data = static_cast<const char*>(data) + begin * stride * element_bytes();
    result.count = rows;
    return result;
  }
  /// As many rows side by side, in `memory`.
  Rows dense_in(std::vector<std::byte>& memory) const {
    memory.resize(static_cast<std::size_t>(count * columns * element_bytes()));
    Rows result = *this;
    result.data = memory.data();
    result.stride = columns;
    return result;
  }
  onednn::Descriptor layout() const { return onednn::strided({count, columns}, {stride, 1}, type); }
  const float* row(std::int64_t index) const {
    return static_cast<const float*>(data) + index * stride;
  }
  // Of outputs.
  std::span<float> values(std::int64_t index) const {
    return {const_cast<float*>(row(index)),  // NOLINT: Rows serves input and output
            static_cast<std::size_t>(columns)};
  }
  BFloat16* halves(std::int64_t index) const {
    const auto* first = static_cast<const BFloat16*>(data) + index * stride;
    return const_cast<BFloat16*>(first);  // NOLINT
  }
};

template <class T>
T* thread_scratch(std::size_t count) {
  thread_local std::vector<T> memory;
  if (memory.size() < count) memory.resize(count);
  return memory.data();
}

/// f(begin, count): the few last rows at once, all others as for_each_piece() has them.
template <class F>
void for_each_go(std::int64_t rows, std::int64_t largest, F&& f) {
  std::int64_t begin = 0;
  for (std::int64_t piece = largest; begin < rows; begin += piece) {
    const std::int64_t rest = rows - begin;
    if (rest <= std::min(kFewRows, largest)) piece = rest;
    while (piece > rest) piece /= 2;
    f(begin, piece);
  }
}

}  // namespace

struct Linear::Impl {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  LinearOptions options;
  Tensor bias;
  /// Of each output, for integers.
  Tensor scales;
  dnnl::memory weights;
  onednn::KernelCache products{64};
  onednn::KernelCache copies{64};

  void pack(const Tensor& weight) {
    const Shape shape{inputs, outputs};
    const onednn::Descriptor best =
        product(onednn::dense({kTypicalRows, inputs}, type_of(options.precision)),
                onednn::any(shape, type_of(options.precision)),
                onednn::dense({kTypicalRows, outputs}))
            .weights;
    const Shape strides{1, inputs};
    if (options.precision != Precision::kInt8) {
      weights = onednn::reordered(onednn::strided(shape, strides), weight.data(), best);
      return;
    }
    std::vector<std::int8_t> quantised(weight.size());
    scales = Tensor({outputs});
    for (std::int64_t n = 0; n < outputs; ++n)
      scales.data()[n] =
          quantise_row(weight.values().subspan(n * inputs, inputs), quantised.data() + n * inputs);
    weights = onednn::reordered(onednn::strided(shape, strides, Type::s8), quantised.data(), best);
  }

  onednn::Kernel product(const onednn::Descriptor& source, const onednn::Descriptor& layout,
                         const onednn::Descriptor& destination) const {
    if (options.precision == Precision::kInt8)
      return onednn::integer_matmul(source, layout, destination);
    return onednn::matmul(source, layout, onednn::dense({1, outputs}), destination, 1.0F,
                          options.activation, options.accumulate);
  }

  /// oneDNN's fast products take and give rows that lie side by side.
  void run(const Rows& input, const Rows& output) {
    if (!input.dense()) {
      std::vector<std::byte> memory;
      const Rows dense = input.dense_in(memory);
      copy(input, dense);
      run_from_dense(dense, output);
    } else {
      run_from_dense(input, output);
    }
  }

  void run_from_dense(const Rows& input, const Rows& output) {
    if (output.dense()) {
      multiply_dense(input, output);
      return;
    }
    std::vector<std::byte> memory;
    const Rows dense = output.dense_in(memory);
    if (options.accumulate != Accumulate::kReplace) copy(output, dense);
    multiply_dense(input, dense);
    copy(dense, output);
  }

  void multiply_dense(const Rows& input, const Rows& output) {
    if (options.precision == Precision::kInt8) {
      multiply_integers(input, output);
    } else if (input.type == type_of(options.precision)) {
      multiply(input, output);
    } else {
      multiply(rounded(input), output);
    }
  }

  Rows rounded(const Rows& input) {
    auto* memory = thread_scratch<BFloat16>(input.count * inputs);
    const Rows result(BasicView<BFloat16>(memory, {input.count, inputs}), inputs);
    copy(input, result);
    return result;
  }

  /// Rounds where the types differ.
  void copy(const Rows& from, const Rows& to) {
    const Shape key{from.count,  from.columns,
                    from.stride, static_cast<std::int64_t>(from.type),
                    to.stride,   static_cast<std::int64_t>(to.type)};
    const auto prepared = copies.find_or_make(key, [&] {
      return onednn::PreparedKernel{onednn::reorder(from.layout(), to.layout()), {}, {}};
    });
    onednn::execute(prepared->kernel, {{DNNL_ARG_FROM, onednn::wrap(from.layout(), from.data)},
                                       {DNNL_ARG_TO, onednn::wrap(to.layout(), to.data)}});
  }

  void multiply(const Rows& input, const Rows& output) {
    const auto prepared = prepare(input.layout(), input.count, output);
    onednn::execute(prepared->kernel,
                    {{DNNL_ARG_SRC, onednn::wrap(input.layout(), input.data)},
                     {DNNL_ARG_WEIGHTS, weights},
                     {DNNL_ARG_BIAS, onednn::wrap(onednn::dense({1, outputs}), bias.data())},
                     {DNNL_ARG_DST, onednn::wrap(output.layout(), output.data)}});
  }

  void multiply_integers(const Rows& input, const Rows& output) {
    auto* integers = thread_scratch<std::int8_t>(input.count * inputs);
    std::vector<float> factors(input.count);
    for (std::int64_t i = 0; i < input.count; ++i)
      factors[i] =
          quantise_row({input.row(i), static_cast<std::size_t>(inputs)}, integers + i * inputs);
    const Rows product = has_final_numbers(output) ? output : float_scratch(input.count);
    const auto source = onednn::dense({input.count, inputs}, Type::s8);
    const auto prepared = prepare(source, input.count, product);
    onednn::execute(
        prepared->kernel,
        {{DNNL_ARG_SRC, onednn::wrap(source, integers)},
         {DNNL_ARG_WEIGHTS, weights},
         {onednn::kColumnFactors, onednn::wrap(onednn::dense({1, outputs}), scales.data())},
         {DNNL_ARG_DST, onednn::wrap(product.layout(), product.data)}});
    finish(product, factors, output);
  }

  /// Whether a product may be written there and be worked on in place.
  bool has_final_numbers(const Rows& output) const {
    return output.type == Type::f32 && options.accumulate == Accumulate::kReplace;
  }

  Rows float_scratch(std::int64_t rows) const {
    return {View(thread_scratch<float>(rows * outputs), {rows, outputs}), outputs};
  }

  /// Row factors, bias, activation and sum, which no kernel does for integers.
  void finish(const Rows& product, const std::vector<float>& factors, const Rows& output) const {
    if (options.activation == Activation::kNone) {
      for (std::int64_t i = 0; i < product.count; ++i)
        finish_row(product.values(i), factors[i], bias.data(), output, i);
      return;
    }
    for (std::int64_t i = 0; i < product.count; ++i)
      scale_and_shift(product.values(i), factors[i], bias.data(), product.values(i).data());
    activate(options.activation,
             {product.values(0).data(), static_cast<std::size_t>(product.count * outputs)});
    if (has_final_numbers(output)) return;
    const Tensor no_shift = Tensor::zeros({outputs});
    for (std::int64_t i = 0; i < product.count; ++i)
      finish_row(product.values(i), 1, no_shift.data(), output, i);
  }

  void finish_row(std::span<const float> product, float factor, const float* shift,
                  const Rows& output, std::int64_t i) const {
    if (output.type == Type::bf16) {
      scale_and_shift(product, factor, shift, output.halves(i));
    } else if (options.accumulate == Accumulate::kReplace) {
      scale_and_shift(product, factor, shift, output.values(i).data());
    } else {
      add_scaled_and_shifted(product, factor, shift, output.values(i).data());
    }
  }

  std::shared_ptr<const onednn::PreparedKernel> prepare(const onednn::Descriptor& source,
                                                        std::int64_t rows, const Rows& output) {
    const Shape key{rows, static_cast<std::int64_t>(output.type)};
    return products.find_or_make(key, [&] {
      return onednn::PreparedKernel{product(source, weights.get_desc(), output.layout()), {}, {}};
    });
  }

  void run_all(const Rows& input, const Rows& output) {
    for_each_go(input.count, options.rows_at_once, [&](auto begin, auto count) {
      run(input.piece(begin, count), output.piece(begin, count));
    });
  }
};

Linear::Linear(const Tensor& weight, const Tensor& bias, Activation activation)
    : Linear(weight, bias, LinearOptions{.activation = activation}) {}

Linear::Linear(const Tensor& weight, const Tensor& bias, const LinearOptions& options)
    : impl_(std::make_shared<Impl>()) {
  expect_shape(weight, {-1, -1}, "linear weight");
  Impl& impl = *impl_;
  impl.outputs = weight.dim(0);
  impl.inputs = weight.dim(1);
  impl.options = options;
  impl.bias = bias.empty() ? Tensor::zeros({impl.outputs}) : bias.clone();
  expect_shape(impl.bias, {impl.outputs}, "linear bias");
  impl.pack(weight);
}

std::int64_t Linear::inputs() const {
  return impl_->inputs;
}
std::int64_t Linear::outputs() const {
  return impl_->outputs;
}

Tensor Linear::operator()(const Tensor& input) const {
  Shape shape = input.shape();
  shape.back() = impl_->outputs;
  const Tensor rows = input.reshaped({input.empty() ? 0 : -1, impl_->inputs});
  Tensor output(shape);
  Tensor output_rows = output.reshaped({rows.dim(0), impl_->outputs});
  (*this)(rows, output_rows);
  return output;
}

void Linear::operator()(const ConstView& input, const View& output) const {
  impl_->run_all({input, impl_->inputs}, {output, impl_->outputs});
}

void Linear::operator()(const ConstView& input, const BasicView<BFloat16>& output) const {
  impl_->run_all({input, impl_->inputs}, {output, impl_->outputs});
}

void Linear::operator()(const BasicView<const BFloat16>& input, const View& output) const {
  impl_->run_all({input, impl_->inputs}, {output, impl_->outputs});
}

}  // namespace attune::tensor
