#include "models/whisper/token_cache.h"

#include <algorithm>

namespace attune::models::whisper {
namespace {

constexpr std::int64_t kPlacesAtOnce = 64;

void copy_rows(const float* from, std::int64_t stride, std::int64_t count, std::int64_t width,
               float* to) {
  for (std::int64_t row = 0; row < count; ++row)
    std::copy_n(from + row * stride, width, to + row * width);
}

}  // namespace

TokenCache::TokenCache(int layers, std::int64_t width, std::int64_t longest)
    : layers_(layers), width_(width), longest_(longest), memory_(std::make_shared<Memory>()) {}

void TokenCache::reserve(std::int64_t count) {
  const auto needed = length_ + count;
  if (needed <= memory_->places && memory_.use_count() == 1) return;
  const auto rounded = (needed + kPlacesAtOnce - 1) / kPlacesAtOnce * kPlacesAtOnce;
  auto memory = std::make_shared<Memory>();
  memory->places = std::min(std::max(rounded, memory_->places), longest_);
  for (int layer = 0; layer < layers_; ++layer) {
    memory->keys.emplace_back(tensor::Shape{memory->places, width_});
    memory->values.emplace_back(tensor::Shape{memory->places, width_});
    if (length_ == 0) continue;
    copy_rows(keys(layer), width_, length_, width_, memory->keys.back().data());
    copy_rows(values(layer), width_, length_, width_, memory->values.back().data());
  }
  memory_ = std::move(memory);
}

void TokenCache::append(int layer, const float* keys, const float* values, std::int64_t count,
                        std::int64_t stride) {
  copy_rows(keys, stride, count, width_, memory_->keys[layer].data() + length_ * width_);
  copy_rows(values, stride, count, width_, memory_->values[layer].data() + length_ * width_);
}

}  // namespace attune::models::whisper
