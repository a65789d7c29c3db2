#include "models/align_projections.h"

#include <algorithm>
#include <cmath>

namespace attune::models {

namespace {

// One row at a time: a product's bits may depend on how many rows share it.
std::vector<float> project(const tensor::Linear& layer, std::span<const float> row) {
  const tensor::Tensor result = layer(tensor::Tensor({1, layer.inputs()}, row));
  return {result.values().begin(), result.values().end()};
}

// Each head's part scaled to length `gain`.
void scale_heads(std::span<float> row, int heads, std::span<const float> gains, double eps) {
  const std::size_t width = row.size() / heads;
  for (int h = 0; h < heads; ++h) {
    const std::span<float> part = row.subspan(h * width, width);
    double squares = 0;
    for (const float x : part) squares += static_cast<double>(x) * x;
    const double length = std::max(std::sqrt(squares), eps);
    const auto factor = static_cast<float>((gains.empty() ? 1.0 : gains[h]) / length);
    for (float& x : part) x *= factor;
  }
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace

AlignQuery align_query(const AlignModel& model, std::span<const float> token) {
  const AlignGeometry& g = model.geometry();
  const AlignProjections& layers = model.projections();
  AlignQuery result{project(layers.query, token), project(layers.null, token)};
  std::vector<float> gains = project(layers.gain, token);
  for (int h = 0; h < g.heads; ++h) {
    gains[h] = static_cast<float>(softplus(gains[h]));
    result.null[h] += gains[h] * layers.null_cosine[h];
  }
  scale_heads(result.query, g.heads, gains, g.unit_eps);
  return result;
}

std::vector<float> align_key(const AlignModel& model, std::span<const float> token) {
  std::vector<float> key = project(model.projections().key, token);
  scale_heads(key, model.geometry().heads, {}, model.geometry().unit_eps);
  return key;
}

}  // namespace attune::models
