#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "captions/caption.h"

namespace attune::captions {

/// Height of a caption's line as a share of the picture's, as players draw WebVTT without styles
/// (5 % letters) and as TTML's grid of 15 lines has it, roughly.
inline constexpr double kLineHeight = 0.06;

/// Cues keep this share of the picture's width free on both sides of their middle, so that a line
/// near the edge is not squeezed into a column.
inline constexpr double kLeastHalfWidth = 0.2;

/// " line:80% position:50% size:80%" for WebVTT: the top of a cue of `lines` lines, its middle, and
/// the width that fits around the middle.
std::string cue_settings(const Placement& placement, std::size_t lines);

/// Where the settings of a WebVTT times line put a cue; nothing when they leave it to the player.
/// Numbers of lines are taken to be kLineHeight high.
std::optional<Placement> read_cue_settings(std::string_view line, std::size_t lines);

}  // namespace attune::captions
