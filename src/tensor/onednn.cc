#include "tensor/onednn.h"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "core/error.h"

namespace attune::tensor::onednn {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;
using Tag = dnnl::memory::format_tag;

// oneDNN sizes its parallel regions by OpenMP's setting of the calling thread. Inside a TBB task a
// second level of threads would multiply with the first, so that every call here runs alone.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// A primitive may run on another thread than the one that made it, so that scratch memory is the
// executing thread's (scratchpad_mode::user) and never part of the primitive.
struct ThreadState {
  dnnl::stream stream{engine()};
  Tensor scratch;

  float* scratch_of(std::size_t bytes) {
    const auto floats = static_cast<std::int64_t>((bytes + sizeof(float) - 1) / sizeof(float));
    if (scratch.size() < floats) scratch = Tensor({floats});
    return scratch.data();
  }
};

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

#if DNNL_VERSION_MAJOR >= 3
// With AVX-512, the reorder of 3.7 (Debian 13) puts float32 elements into wrong places and leaves the
// padding as it was where the blocks of a layout do not divide its extents.
bool reorder_is_wrong(const Descriptor& from, const Descriptor& to) {
  return from.get_data_type() == Type::f32 && to.get_data_type() == Type::f32 &&
         to.get_padded_dims() != to.get_dims();
}

/// Where the element at `index` lies, counted in elements.
std::int64_t place(const Descriptor& layout, Shape index) {
  const Shape blocks = layout.get_inner_blks();
  const Shape axes = layout.get_inner_idxs();
  const Shape strides = layout.get_strides();
  std::int64_t result = 0;
  std::int64_t step = 1;
  for (std::size_t block = blocks.size(); block-- > 0;) {
    std::int64_t& position = index[static_cast<std::size_t>(axes[block])];
    result += position % blocks[block] * step;
    position /= blocks[block];
    step *= blocks[block];
  }
  for (std::size_t axis = 0; axis < index.size(); ++axis) result += index[axis] * strides[axis];
  return result;
}

void pack(const Descriptor& from, const float* data, const Descriptor& to, float* packed) {
  std::fill_n(packed, to.get_size() / sizeof(float), 0.0F);
  const Shape extents = to.get_dims();
  Shape index(extents.size(), 0);
  for (std::size_t axis = 0; axis < extents.size();) {
    packed[place(to, index)] = data[place(from, index)];
    for (axis = 0; axis < extents.size() && ++index[axis] == extents[axis]; ++axis) index[axis] = 0;
  }
}
#endif

template <class F>
auto guarded(const char* what, F&& f) {
  try {
    const OneThread alone;
    return f();
  } catch (const dnnl::error& e) {
    throw Error(ErrorKind::kInternal, std::string("oneDNN, ") + what + ": " + e.what());
  }
}

algorithm eltwise_algorithm(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return algorithm::eltwise_relu;
    case Activation::kSigmoid:
      return algorithm::eltwise_logistic;
    case Activation::kTanh:
      return algorithm::eltwise_tanh;
    case Activation::kGelu:
      return algorithm::eltwise_gelu_erf;
    case Activation::kNone:
      break;
  }
  return algorithm::eltwise_linear;
}

#if DNNL_VERSION_MAJOR >= 3
void append_eltwise(dnnl::post_ops& ops, algorithm a, float alpha) {
  ops.append_eltwise(a, alpha, 0.0F);
}
bool is_empty(const Descriptor& descriptor) {
  return descriptor.is_zero();
}

// 3.x: primitive descriptors are made from the engine and the arguments themselves.
template <class Primitive, class... Args>
auto describe(const dnnl::primitive_attr& attributes, Args&&... args) {
  return typename Primitive::primitive_desc(engine(), std::forward<Args>(args)..., attributes);
}
#else
void append_eltwise(dnnl::post_ops& ops, algorithm a, float alpha) {
  ops.append_eltwise(1.0F, a, alpha, 0.0F);
}
bool is_empty(const Descriptor& descriptor) {
  return descriptor.is_zero();
}

// 2.x: an operation descriptor comes first.
template <class Primitive, class... Args>
auto describe(const dnnl::primitive_attr& attributes, Args&&... args) {
  return typename Primitive::primitive_desc(typename Primitive::desc(std::forward<Args>(args)...),
                                            attributes, engine());
}
#endif

dnnl::primitive_attr attributes(const dnnl::post_ops& ops = {}) {
  dnnl::primitive_attr result;
  result.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  result.set_post_ops(ops);
  return result;
}

dnnl::post_ops post_ops(float scale, Activation activation, Accumulate accumulate) {
  dnnl::post_ops ops;
  if (scale != 1.0F) append_eltwise(ops, algorithm::eltwise_linear, scale);
  if (accumulate == Accumulate::kAddThenActivate) ops.append_sum();
  if (activation != Activation::kNone) append_eltwise(ops, eltwise_algorithm(activation), 0.0F);
  if (accumulate == Accumulate::kActivateThenAdd) ops.append_sum();
  return ops;
}

template <class Primitive, class PrimitiveDescriptor>
Kernel compile(const PrimitiveDescriptor& descriptor) {
  Kernel kernel;
  kernel.primitive = Primitive(descriptor);
  kernel.scratchpad = descriptor.scratchpad_desc();
  return kernel;
}

Descriptor tagged(const Shape& shape, Tag tag) {
  return {shape, Type::f32, tag};
}

std::int64_t columns_of(const Descriptor& matrix) {
#if DNNL_VERSION_MAJOR >= 3
  return matrix.get_dims().back();
#else
  return matrix.dims().back();
#endif
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

Descriptor dense(const Shape& shape, Type type) {
  Shape strides(shape.size(), 1);
  for (auto axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strided(shape, strides, type);
}

Descriptor strided(const Shape& shape, const Shape& strides, Type type) {
  return {shape, type, strides};
}

Descriptor any(const Shape& shape, Type type) {
  return {shape, type, Tag::any};
}

Descriptor channels_last(const Shape& nhwc) {
  return tagged({nhwc[0], nhwc[3], nhwc[1], nhwc[2]}, Tag::nhwc);
}

dnnl::memory wrap(const Descriptor& descriptor, const void* data) {
  return {descriptor, engine(), const_cast<void*>(data)};  // NOLINT: oneDNN has no const memory
}

void execute(const Kernel& kernel, Arguments arguments) {
  guarded("execution", [&] {
    ThreadState& state = thread_state();
    const auto bytes = kernel.scratchpad.get_size();
    if (bytes > 0)
      arguments.insert_or_assign(DNNL_ARG_SCRATCHPAD,
                                 wrap(kernel.scratchpad, state.scratch_of(bytes)));
    kernel.primitive.execute(state.stream, arguments);
    state.stream.wait();
  });
}

dnnl::memory reordered(const Descriptor& from, const void* data, const Descriptor& to) {
  return guarded("weight layout", [&] {
    dnnl::memory result(to, engine());
#if DNNL_VERSION_MAJOR >= 3
    if (reorder_is_wrong(from, to)) {
      pack(from, static_cast<const float*>(data), to,
           static_cast<float*>(result.get_data_handle()));
      return result;
    }
#endif
    dnnl::memory source = wrap(from, data);
    dnnl::stream stream(engine());
    dnnl::reorder(source, result).execute(stream, source, result);
    stream.wait();
    return result;
  });
}

Kernel reorder(const Descriptor& from, const Descriptor& to) {
  return guarded("copy", [&] {
    const dnnl::reorder::primitive_desc descriptor(engine(), from, engine(), to, attributes());
    return compile<dnnl::reorder>(descriptor);
  });
}

Kernel convolution(const Descriptor& source, const Descriptor& weights, const Descriptor& bias,
                   const Descriptor& destination, const Shape& stride, const Shape& padding,
                   Activation activation, Accumulate accumulate) {
  return guarded("convolution", [&] {
    const auto descriptor = describe<dnnl::convolution_forward>(
        attributes(post_ops(1.0F, activation, accumulate)), prop_kind::forward_inference,
        algorithm::convolution_direct, source, weights, bias, destination, stride, padding,
        padding);
    Kernel kernel = compile<dnnl::convolution_forward>(descriptor);
    kernel.weights = descriptor.weights_desc();
    return kernel;
  });
}

Kernel pooling(PoolKind kind, const Descriptor& source, const Descriptor& destination,
               const Shape& kernel, const Shape& stride, const Shape& padding) {
  return guarded("pooling", [&] {
    const auto how =
        kind == PoolKind::kMax ? algorithm::pooling_max : algorithm::pooling_avg_exclude_padding;
#if DNNL_VERSION_MAJOR >= 3
    const Shape dilation(kernel.size(), 0);
    return compile<dnnl::pooling_forward>(
        describe<dnnl::pooling_forward>(attributes(), prop_kind::forward_inference, how, source,
                                        destination, stride, kernel, dilation, padding, padding));
#else
    return compile<dnnl::pooling_forward>(describe<dnnl::pooling_forward>(
        attributes(), prop_kind::forward_inference, how, source, destination, stride, kernel,
        padding, padding));
#endif
  });
}

Kernel matmul(const Descriptor& source, const Descriptor& weights, const Descriptor& bias,
              const Descriptor& destination, float scale, Activation activation,
              Accumulate accumulate) {
  return guarded("matrix product", [&] {
    const auto how = attributes(post_ops(scale, activation, accumulate));
    const auto descriptor = is_empty(bias)
                                ? describe<dnnl::matmul>(how, source, weights, destination)
                                : describe<dnnl::matmul>(how, source, weights, bias, destination);
    Kernel kernel = compile<dnnl::matmul>(descriptor);
    kernel.weights = descriptor.weights_desc();
    return kernel;
  });
}

Kernel integer_matmul(const Descriptor& source, const Descriptor& weights,
                      const Descriptor& destination) {
  return guarded("product of integers", [&] {
    dnnl::post_ops ops;
    ops.append_binary(algorithm::binary_mul, dense({1, columns_of(destination)}));
    const auto descriptor = describe<dnnl::matmul>(attributes(ops), source, weights, destination);
    Kernel kernel = compile<dnnl::matmul>(descriptor);
    kernel.weights = descriptor.weights_desc();
    return kernel;
  });
}

Kernel softmax(const Descriptor& data, int axis) {
  return guarded("softmax", [&] {
#if DNNL_VERSION_MAJOR >= 3
    return compile<dnnl::softmax_forward>(describe<dnnl::softmax_forward>(
        attributes(), prop_kind::forward_inference, algorithm::softmax_accurate, data, data, axis));
#else
    return compile<dnnl::softmax_forward>(
        describe<dnnl::softmax_forward>(attributes(), prop_kind::forward_inference, data, axis));
#endif
  });
}

Kernel eltwise(const Descriptor& data, Activation activation) {
  return guarded("activation", [&] {
    const float alpha = activation == Activation::kNone ? 1.0F : 0.0F;
    const auto how = eltwise_algorithm(activation);
#if DNNL_VERSION_MAJOR >= 3
    return compile<dnnl::eltwise_forward>(describe<dnnl::eltwise_forward>(
        attributes(), prop_kind::forward_inference, how, data, data, alpha, 0.0F));
#else
    return compile<dnnl::eltwise_forward>(describe<dnnl::eltwise_forward>(
        attributes(), prop_kind::forward_inference, how, data, alpha, 0.0F));
#endif
  });
}

Kernel gru(const RecurrentShape& s) {
  return guarded("GRU", [&] {
    const auto state = tagged({1, 1, 1, s.hidden}, Tag::ldnc);
    const auto descriptor = describe<dnnl::lbr_gru_forward>(
        attributes(), prop_kind::forward_inference,
        s.backward ? dnnl::rnn_direction::unidirectional_right2left
                   : dnnl::rnn_direction::unidirectional_left2right,
        tagged({s.length, 1, s.inputs}, Tag::tnc), state, any({1, 1, s.inputs, 3, s.hidden}),
        any({1, 1, s.hidden, 3, s.hidden}), tagged({1, 1, 4, s.hidden}, Tag::ldgo),
        tagged({s.length, 1, s.hidden}, Tag::tnc), state);
    Kernel kernel = compile<dnnl::lbr_gru_forward>(descriptor);
    kernel.weights = descriptor.weights_layer_desc();
    kernel.weights_iter = descriptor.weights_iter_desc();
    return kernel;
  });
}

Kernel lstm(const RecurrentShape& s) {
  return guarded("LSTM", [&] {
    const auto state = tagged({1, 1, 1, s.hidden}, Tag::ldnc);
    const auto descriptor = describe<dnnl::lstm_forward>(
        attributes(), prop_kind::forward_inference,
        s.backward ? dnnl::rnn_direction::unidirectional_right2left
                   : dnnl::rnn_direction::unidirectional_left2right,
        tagged({s.length, 1, s.inputs}, Tag::tnc), state, state, any({1, 1, s.inputs, 4, s.hidden}),
        any({1, 1, s.hidden, 4, s.hidden}), tagged({1, 1, 4, s.hidden}, Tag::ldgo),
        tagged({s.length, 1, s.hidden}, Tag::tnc), state, state);
    Kernel kernel = compile<dnnl::lstm_forward>(descriptor);
    kernel.weights = descriptor.weights_layer_desc();
    kernel.weights_iter = descriptor.weights_iter_desc();
    return kernel;
  });
}

}  // namespace attune::tensor::onednn
