#include "attention/pooling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace attune::attention {

namespace {

/// Weight of each of the first `size` places of a cell.
class CellWeights {
 public:
  CellWeights(std::span<const float> projection, std::int64_t size)
      : projection_(projection), share_(1.0 / static_cast<double>(size)) {
    if (projection.empty()) return;
    const auto sum = [](auto values) { return std::accumulate(values.begin(), values.end(), 0.0); };
    const double used = sum(projection.first(static_cast<std::size_t>(size)));
    factor_ = used == 0 ? 1.0 : sum(projection) / used;
  }

  float at(std::int64_t place) const {
    return static_cast<float>(projection_.empty() ? share_ : projection_[place] * factor_);
  }

 private:
  std::span<const float> projection_;
  double share_;
  double factor_ = 1;
};

}  // namespace

void pool_rows(const HeadsView<const float>& view, std::int64_t batch, std::int64_t head,
               std::int64_t length, std::int64_t stride, std::span<const float> projection,
               float* pooled) {
  for (std::int64_t begin = 0; begin < length; begin += stride) {
    const std::int64_t size = std::min(stride, length - begin);
    const CellWeights weights(projection, size);
    std::fill_n(pooled, view.width(), 0.0F);
    for (std::int64_t place = 0; place < size; ++place) {
      const float weight = weights.at(place);
      const float* row = view.at(batch, head, begin + place, 0);
      for (std::int64_t c = 0; c < view.width(); ++c)
        pooled[c] += weight * row[c * view.strides[3]];
    }
    pooled += view.width();
  }
}

void log_cell_sizes(std::int64_t length, std::int64_t stride, std::span<float> sizes) {
  for (std::size_t cell = 0; cell < sizes.size(); ++cell) {
    const std::int64_t begin = static_cast<std::int64_t>(cell) * stride;
    sizes[cell] =
        static_cast<float>(std::log(static_cast<double>(std::min(stride, length - begin))));
  }
}

}  // namespace attune::attention
