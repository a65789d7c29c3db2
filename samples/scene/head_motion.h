#pragma once

#include <cstdint>
#include <vector>

#include "samples/scene/screenplay.h"

namespace attune::scene {

/// Where the head is and what the eyes do, relative to sitting still and looking ahead.
struct HeadPose {
  double x = 0;  // pixels of a 1280x720 picture
  double y = 0;
  double roll = 0;   // radians
  double yaw = 0;    // [-1, 1]: features slide sideways by a few pixels
  double pitch = 0;  // [-1, 1]: features slide up or down
  double blink = 0;  // [0, 1]: 1 is closed
  double gaze = 0;   // [-1, 1]: where the pupils look, 1 to the right of the picture
  double brows = 0;  // [0, 1]: raised
};

/// The slow movements of one person: sway, nods on stressed syllables, blinks, and a glance at
/// whoever speaks.
class HeadMotion {
 public:
  HeadMotion(const Screenplay& play, int character, std::uint64_t seed);

  HeadPose at(double time) const;

 private:
  struct Wave {
    double amplitude, frequency, phase;
  };
  struct Span {
    double start, end;
    double value;
  };

  double sway(const std::vector<Wave>& waves, double time) const;
  double blink(double time) const;

  std::vector<Wave> x_, y_, roll_, yaw_, pitch_;
  std::vector<double> blinks_;  // start times
  std::vector<Span> gazes_;     // while somebody else speaks
  std::vector<Span> own_turns_;
};

}  // namespace attune::scene
