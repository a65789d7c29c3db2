#include "tensor/recurrent.h"

#include <algorithm>
#include <array>
#include <span>

#include "tensor/kernel_cache.h"

namespace attune::tensor {
namespace {

constexpr std::int64_t kLargestPiece = 64;
constexpr std::array kGruGates{1, 0, 2};      // oneDNN: update z, reset r, candidate n
constexpr std::array kLstmGates{0, 1, 2, 3};  // oneDNN: i, f, candidate g, o

// [G * hidden, inputs], gates in PyTorch's order -> oneDNN's [inputs, G, hidden].
Tensor gates_last(const Tensor& weight, std::span<const int> gates) {
  const auto count = static_cast<std::int64_t>(gates.size());
  const auto hidden = weight.dim(0) / count;
  const auto inputs = weight.dim(1);
  Tensor result({inputs, count, hidden});
  for (std::int64_t i = 0; i < inputs; ++i)
    for (std::int64_t g = 0; g < count; ++g)
      for (std::int64_t h = 0; h < hidden; ++h)
        result.at({i, g, h}) = weight.at({gates[static_cast<std::size_t>(g)] * hidden + h, i});
  return result;
}

void check(const RecurrentWeights& w, std::int64_t gates) {
  expect_shape(w.weight_hh, {-1, -1}, "recurrent weight_hh");
  const auto hidden = w.weight_hh.dim(1);
  expect_shape(w.weight_hh, {gates * hidden, hidden}, "recurrent weight_hh");
  expect_shape(w.weight_ih, {gates * hidden, -1}, "recurrent weight_ih");
  expect_shape(w.bias_ih, {gates * hidden}, "recurrent bias_ih");
  expect_shape(w.bias_hh, {gates * hidden}, "recurrent bias_hh");
}

// What GRU and LSTM have in common: packed weights and one kernel per piece length.
struct Layer {
  std::int64_t inputs = 0;
  std::int64_t hidden = 0;
  bool backward = false;
  Tensor bias;
  onednn::PackedWeights weights;
  onednn::PackedWeights weights_iter;
  onednn::KernelCache cache;

  void pack(const RecurrentWeights& w, std::span<const int> gates) {
    const auto count = static_cast<std::int64_t>(gates.size());
    hidden = w.weight_hh.dim(1);
    inputs = w.weight_ih.dim(1);
    weights = {onednn::dense({1, 1, inputs, count, hidden}), gates_last(w.weight_ih, gates)};
    weights_iter = {onednn::dense({1, 1, hidden, count, hidden}), gates_last(w.weight_hh, gates)};
  }

  template <class Compile>
  std::shared_ptr<const onednn::PreparedKernel> kernel(std::int64_t length, Compile&& compile) {
    return cache.find_or_make({length}, [&] {
      onednn::PreparedKernel made;
      made.kernel = compile(onednn::RecurrentShape{length, inputs, hidden, backward});
      made.weights = weights.in(made.kernel.weights);
      made.weights_iter = weights_iter.in(made.kernel.weights_iter);
      return made;
    });
  }

  onednn::Arguments arguments(const onednn::PreparedKernel& prepared, const Tensor& input,
                              const Tensor& output, const Tensor& state) const {
    const auto length = input.dim(0);
    const auto state_layout = onednn::dense({1, 1, 1, hidden});
    return {{DNNL_ARG_SRC_LAYER, onednn::wrap(onednn::dense({length, 1, inputs}), input.data())},
            {DNNL_ARG_SRC_ITER, onednn::wrap(state_layout, state.data())},
            {DNNL_ARG_WEIGHTS_LAYER, prepared.weights},
            {DNNL_ARG_WEIGHTS_ITER, prepared.weights_iter},
            {DNNL_ARG_BIAS, onednn::wrap(onednn::dense({1, 1, bias.dim(0), hidden}), bias.data())},
            {DNNL_ARG_DST_LAYER, onednn::wrap(onednn::dense({length, 1, hidden}), output.data())}};
  }
};

}  // namespace

struct Gru::Impl : Layer {};

Gru::Gru(const RecurrentWeights& w, Direction direction) : impl_(std::make_shared<Impl>()) {
  check(w, 3);
  Impl& impl = *impl_;
  impl.pack(w, kGruGates);
  impl.backward = direction == Direction::kBackward;
  const auto hidden = impl.hidden;
  impl.bias = Tensor({4, hidden});  // z, r, and the candidate's two, which the reset gate parts
  for (std::int64_t h = 0; h < hidden; ++h) {
    const auto both = [&](std::int64_t gate) {
      return w.bias_ih.data()[gate * hidden + h] + w.bias_hh.data()[gate * hidden + h];
    };
    impl.bias.at({0, h}) = both(1);
    impl.bias.at({1, h}) = both(0);
    impl.bias.at({2, h}) = w.bias_ih.data()[2 * hidden + h];
    impl.bias.at({3, h}) = w.bias_hh.data()[2 * hidden + h];
  }
}

std::int64_t Gru::hidden() const {
  return impl_->hidden;
}

Tensor Gru::operator()(const Tensor& input) const {
  Tensor state = Tensor::zeros({impl_->hidden});
  return (*this)(input, state);
}

Tensor Gru::operator()(const Tensor& input, Tensor& state) const {
  Impl& impl = *impl_;
  expect_shape(input, {-1, impl.inputs}, "GRU input");
  expect_shape(state, {impl.hidden}, "GRU state");
  const auto length = input.dim(0);
  Tensor output({length, impl.hidden});
  Tensor next({impl.hidden});
  onednn::for_each_piece(length, kLargestPiece, [&](auto begin, auto count) {
    const auto first = impl.backward ? length - begin - count : begin;
    const auto prepared = impl.kernel(count, onednn::gru);
    auto arguments = impl.arguments(*prepared, input.rows(first, first + count),
                                    output.rows(first, first + count), state);
    arguments.emplace(DNNL_ARG_DST_ITER,
                      onednn::wrap(onednn::dense({1, 1, 1, impl.hidden}), next.data()));
    onednn::execute(prepared->kernel, std::move(arguments));
    std::copy_n(next.data(), impl.hidden, state.data());
  });
  return output;
}

struct Lstm::Impl : Layer {};

Lstm::Lstm(const RecurrentWeights& w) : impl_(std::make_shared<Impl>()) {
  check(w, 4);
  impl_->pack(w, kLstmGates);
  impl_->bias = Tensor({4, impl_->hidden});
  std::transform(w.bias_ih.values().begin(), w.bias_ih.values().end(), w.bias_hh.data(),
                 impl_->bias.data(), std::plus<>());
}

Lstm::State Lstm::initial_state() const {
  return {Tensor::zeros({impl_->hidden}), Tensor::zeros({impl_->hidden})};
}

Tensor Lstm::operator()(const Tensor& input, State& state) const {
  Impl& impl = *impl_;
  expect_shape(input, {-1, impl.inputs}, "LSTM input");
  expect_shape(state.hidden, {impl.hidden}, "LSTM state");
  expect_shape(state.cell, {impl.hidden}, "LSTM cell");
  Tensor output({input.dim(0), impl.hidden});
  const auto layout = onednn::dense({1, 1, 1, impl.hidden});
  onednn::for_each_piece(input.dim(0), kLargestPiece, [&](auto begin, auto count) {
    const auto prepared = impl.kernel(count, onednn::lstm);
    auto arguments = impl.arguments(*prepared, input.rows(begin, begin + count),
                                    output.rows(begin, begin + count), state.hidden);
    State next{Tensor({impl.hidden}), Tensor({impl.hidden})};
    arguments.emplace(DNNL_ARG_SRC_ITER_C, onednn::wrap(layout, state.cell.data()));
    arguments.emplace(DNNL_ARG_DST_ITER, onednn::wrap(layout, next.hidden.data()));
    arguments.emplace(DNNL_ARG_DST_ITER_C, onednn::wrap(layout, next.cell.data()));
    onednn::execute(prepared->kernel, std::move(arguments));
    std::copy_n(next.hidden.data(), impl.hidden, state.hidden.data());
    std::copy_n(next.cell.data(), impl.hidden, state.cell.data());
  });
  return output;
}

}  // namespace attune::tensor
