#include "models/time_conv.h"

#include <algorithm>
#include <bit>

namespace attune::models {
namespace {

using tensor::Tensor;

constexpr std::int64_t kLargestPiece = 64;

}  // namespace

TimeConv::TimeConv(const tensor::FoldedWeights& weights, tensor::Activation activation,
                   tensor::Accumulate accumulate)
    : conv_(weights.weight, weights.bias, {.activation = activation, .accumulate = accumulate}),
      kernel_(weights.weight.dim(2)),
      outputs_(weights.weight.dim(0)) {}

void TimeConv::operator()(const Tensor& rows, Tensor& output) const {
  const auto pixels = rows.dim(1) * rows.dim(2);
  const auto total = output.dim(0);
  // Pieces of powers of two: any length then needs no more than seven kernels.
  for (std::int64_t begin = 0; begin < total;) {
    const auto left = static_cast<std::uint64_t>(total - begin);
    const auto count = std::min(kLargestPiece, static_cast<std::int64_t>(std::bit_floor(left)));
    const Tensor in = rows.rows(begin, begin + count + kernel_ - 1);
    Tensor out = output.rows(begin, begin + count).reshaped({1, count, pixels, outputs_});
    conv_(in.reshaped({1, count + kernel_ - 1, pixels, rows.dim(3)}), out);
    begin += count;
  }
}

Tensor TimeContext::push(const Tensor& pictures, bool last) {
  tensor::Shape shape = pictures.shape();
  const auto picture = shape[1] * shape[2] * shape[3];
  const auto before = begun_ ? kept_.dim(0) : reach_;
  const auto after = last ? reach_ : 0;
  shape[0] = before + pictures.dim(0) + after;
  Tensor all(shape);
  float* out = all.data();
  out = begun_ ? std::copy_n(kept_.data(), kept_.size(), out)
               : std::fill_n(out, before * picture, 0.0F);
  out = std::copy_n(pictures.data(), pictures.size(), out);
  std::fill_n(out, after * picture, 0.0F);
  begun_ = true;
  const auto total = all.dim(0);
  kept_ = all.rows(std::max<std::int64_t>(total - 2 * reach_, 0), total).clone();
  return total > 2 * reach_ ? all : all.rows(0, 0);
}

Tensor convolved(const TimeConv& conv, const Tensor& pictures, std::int64_t reach) {
  const auto count = std::max<std::int64_t>(pictures.dim(0) - 2 * reach, 0);
  Tensor output({count, pictures.dim(1), pictures.dim(2), conv.outputs()});
  add_convolved(conv, pictures, reach, output);
  return output;
}

void add_convolved(const TimeConv& conv, const Tensor& pictures, std::int64_t reach,
                   Tensor& output) {
  if (output.empty()) return;
  const auto spare = reach - conv.kernel() / 2;
  conv(pictures.rows(spare, pictures.dim(0) - spare), output);
}

}  // namespace attune::models
