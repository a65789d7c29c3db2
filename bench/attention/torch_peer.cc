#include "torch_peer.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>

namespace attune::bench {

namespace {

torch::Tensor numbers(const Shape& s, std::int64_t length, unsigned seed) {
  auto values = normal_numbers(s.heads * length * s.width, seed);
  return torch::from_blob(values.data(), {1, s.heads, length, s.width}).clone();
}

torch::Tensor fused_attention(const torch::Tensor& q, const torch::Tensor& k,
                              const torch::Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(q, k, v);
#else
  return std::get<0>(at::_scaled_dot_product_attention(q, k, v));
#endif
}

}  // namespace

std::function<void()> torch_attention(const Shape& s, bool fused) {
  torch::set_num_threads(1);
  const torch::Tensor q = numbers(s, s.queries, 1);
  const torch::Tensor k = numbers(s, s.keys, 2);
  const torch::Tensor v = numbers(s, s.keys, 3);
  const double scale = 1 / std::sqrt(static_cast<double>(s.width));
  return [=] {
    const torch::InferenceMode inference;
    const torch::Tensor output =
        fused ? fused_attention(q, k, v)
              : torch::matmul(torch::softmax(torch::matmul(q, k.transpose(-2, -1)) * scale, -1), v);
    if (output.numel() == 0) std::abort();
  };
}

}  // namespace attune::bench
