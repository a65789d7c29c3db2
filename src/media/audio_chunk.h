#pragma once

#include <vector>

#include "core/time.h"

namespace attune::media {

inline constexpr int kSampleRateHz = 16000;

/// A stretch of mono sound at 16 kHz. Sample n lies at `start + n / 16000 s`.
struct AudioChunk {
  Timestamp start{};
  /// In [-1, 1]; may exceed the range slightly after down-mixing.
  std::vector<float> samples;

  Timestamp end() const {
    return start +
           Duration(static_cast<std::int64_t>(samples.size()) * 1'000'000'000 / kSampleRateHz);
  }
};

}  // namespace attune::media
