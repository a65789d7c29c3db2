#pragma once

#include <string>
#include <vector>

#include "captions/caption.h"
#include "core/time.h"

namespace attune::captions {

/// Text with override tags, as the last field of a Dialogue line of Advanced SubStation Alpha.
struct AssEvent {
  TimeSpan span{};
  std::string text;
};

/// Captions for a renderer of Advanced SubStation Alpha v4+ (libass).
struct AssScript {
  /// [Script Info], [V4+ Styles] with one style "Default", and the head of [Events].
  std::string header;
  /// In the order of the captions. Times are exact, not rounded to hundredths as in a file.
  std::vector<AssEvent> events;
};

struct AssOptions {
  /// Family name of a font.
  std::string font = "DejaVu Sans";
  /// Height of a line, as a share of the picture's height.
  double font_size = 0.055;
};

/// Captions for a picture that is shown with `aspect` (width to height): light text with a dark
/// outline, each speaker in their colour (speaker_colours.h), off-screen speech in italics. A cue
/// without placement stands at the bottom, and where the speaker changes begins with "Name: "; a
/// placed one says by its place who speaks. Letters of narrow pictures are smaller, so that lines
/// of 42 characters fit. Right-to-left text is ordered by the renderer.
AssScript ass_script(const std::vector<Caption>& captions, double aspect,
                     const AssOptions& options = {});

}  // namespace attune::captions
