#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"

namespace attune::live {

/// One picture of a feed with what the alignment says of it.
struct MonitorView {
  struct Face {
    std::int64_t track = 0;
    std::int64_t speaker = 0;
    std::string name;
    /// As shares of the picture's width and height, from the upper left corner.
    double x = 0, y = 0, width = 0, height = 0;
    /// Probability that this face speaks, and share of the sound that it explains, in [0, 1].
    double speaking = 0;
    double mass = 0;
  };
  /// On the feed's clock.
  Timestamp time{};
  /// JPEG; empty where there is no picture.
  std::string picture;
  int width = 0;
  int height = 0;
  std::vector<Face> faces;
  /// Share of the sound that no face explains; probability of speech; that of speech off screen.
  double null_mass = 0;
  double speech = 0;
  double off_screen = 0;
  /// Offset of sound to picture: positive, the sound comes late.
  Duration offset{};
  double offset_confidence = 0;
};

/// Takes views for a monitor. Thread-safe, returns at once.
class MonitorSink {
 public:
  virtual ~MonitorSink() = default;
  /// Whether anybody looks: without, no picture need be made.
  virtual bool wanted() const = 0;
  virtual void show(MonitorView view) = 0;
};

}  // namespace attune::live
