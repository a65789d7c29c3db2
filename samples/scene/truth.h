#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "samples/scene/screenplay.h"
#include "samples/scene/stage.h"

namespace attune::scene {

struct FrameRate {
  int numerator = 25;
  int denominator = 1;

  /// Seconds at which the picture with this index is shown.
  double time_of(long index) const { return static_cast<double>(index) * denominator / numerator; }
  /// Index of the picture on display at `time`.
  long index_at(double time) const;
};

struct TruthInput {
  std::string media;  // file name of the movie
  PictureSize size;
  FrameRate rate;
  int offset_ms = 0;
  std::uint64_t seed = 1;
};

/// What there is to find in the scene; README.md describes the members.
nlohmann::ordered_json truth_of(const Screenplay& play, const Stage& stage,
                                const TruthInput& input);

}  // namespace attune::scene
