#pragma once

#include <span>
#include <vector>

#include "align/face.h"
#include "align/track.h"
#include "captions/caption.h"

namespace attune::captions {

/// The size that text has in the picture; as shares of the picture's height.
struct TextSize {
  /// From one line to the next.
  double line = 0.06;
  /// Usual width of a letter; East Asian wide ones have two.
  double letter = 0.028;
};

struct PlacementOptions {
  /// Text keeps so far from each edge, as a share of the picture's width and height.
  double margin = 0.1;
  /// A speaker seen for a smaller share of the cue than this counts as off screen.
  double least_seen = 0.5;
  TextSize text;
};

/// Width and height of the upright picture, in the pixels of the face boxes.
struct PictureShape {
  int width = 0;
  int height = 0;
};

/// Places cues beside their speakers: below the face, else next to or above it, as near as may be,
/// where the text covers no face that is visible at any time of the cue, and within the margins.
///
/// A cue keeps no placement, and so stands at the bottom, when its speaker is off screen, when
/// people share it (`line_voices`), or when there is no such place. Text is taken to be as large as
/// `options.text` says. `faces` are the tracks over the whole recording, in pieces that may come in
/// any order; their speakers are those of the captions.
void place_near_speakers(std::vector<Caption>& captions, std::span<const align::TrackSlice> faces,
                         PictureShape picture, const PlacementOptions& options = {});

}  // namespace attune::captions
