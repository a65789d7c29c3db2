#pragma once

#include <cstdint>
#include <random>

#include "core/time.h"

namespace attune {

/// How long to wait before the next try: doubling delays with full jitter between half of each and
/// the whole, so that many who lost the same server do not come back at once. Deterministic for a
/// seed. Not thread-safe.
class Backoff {
 public:
  Backoff(Duration first, Duration longest, std::uint64_t seed)
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  /// The delay before the next try, in [d/2, d] with d doubling from `first` up to `longest`.
  Duration next();
  /// It worked: the next delay is a short one again.
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
  std::mt19937_64 random_;
};

}  // namespace attune
