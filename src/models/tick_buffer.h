#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "attention/lag_attention.h"
#include "core/time.h"

namespace attune::models {

/// Rows of numbers at successive ticks, from which the oldest are dropped as a stream goes on.
class TickBuffer {
 public:
  TickBuffer(TokenIndex first, int width) : first_(first), width_(width) {}

  TokenIndex first() const { return first_; }
  TokenIndex end() const { return first_ + static_cast<TokenIndex>(values_.size()) / width_; }
  int width() const { return width_; }
  bool contains(TokenIndex tick) const { return first_ <= tick && tick < end(); }

  /// A whole number of rows.
  void append(std::span<const float> rows) {
    values_.insert(values_.end(), rows.begin(), rows.end());
  }
  void append(float value) { values_.push_back(value); }

  std::span<const float> row(TokenIndex tick) const {
    return std::span(values_).subspan((tick - first_) * width_, width_);
  }
  std::span<const float> rows(TokenIndex begin, TokenIndex end) const {
    return std::span(values_).subspan((begin - first_) * width_, (end - begin) * width_);
  }
  attention::TickRows view() const { return {first_, end() - first_, values_.data(), width_}; }

  /// Forgets the ticks before `tick`.
  void drop_before(TokenIndex tick) {
    const TokenIndex dropped = std::clamp<TokenIndex>(tick - first_, 0, end() - first_);
    values_.erase(values_.begin(), values_.begin() + dropped * width_);
    first_ += dropped;
  }

 private:
  TokenIndex first_;
  int width_;
  std::vector<float> values_;
};

}  // namespace attune::models
