#pragma once

#include <vector>

#include "samples/scene/voice.h"

namespace attune::scene {

/// What the lips and jaw do at one moment. All zero: closed and at rest.
struct MouthShape {
  double open = 0;    // [0, 1]: distance of the lips
  double width = 0;   // [-1, 1]: -1 rounded ("oo"), 1 spread ("ee")
  double teeth = 0;   // [0, 1]: how far the upper teeth show
  double tongue = 0;  // [0, 1]: how high the tongue lies
};

/// The mouth of a speaker during one stretch of speech: each phone has its shape, neighbours melt
/// into each other as lips do, and the jaw opens further on loud syllables.
class MouthTrack {
 public:
  explicit MouthTrack(const Speech& speech);

  /// `time` in seconds from the first sample of the speech; closed long before and after it.
  MouthShape at(double time) const;

 private:
  std::vector<MouthShape> shapes_;  // kShapeRate per second, from -kMargin
};

}  // namespace attune::scene
