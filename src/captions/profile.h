#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "captions/unicode.h"
#include "core/time.h"

namespace attune::captions {

/// What reading speed counts.
enum class ReadingUnit { kCharacters, kWords };

/// What a script is held to.
struct ScriptLimits {
  /// Width of a line, in columns (unicode.h); a full-width character has two.
  int max_columns = 0;
  /// Characters a second for ReadingUnit::kCharacters; two columns are one character where the
  /// script is Chinese, Japanese or Korean. Words a second for ReadingUnit::kWords.
  double max_reading_speed = 0;
};

/// The rules that cues are laid out by and checked against. Figures marked * come from secondary
/// descriptions of the guides, not from the guides themselves.
///
/// netflix   Netflix Timed Text Style Guide: two lines, 5/6 s to 7 s. English (USA), SDH: 42
///           characters a line, 20 characters a second for adult programmes (the template guide of
///           earlier years said 17); two speakers in a cue: a hyphen without a space before each,
///           one speaker a line. Chinese and Korean*: 16 full-width characters a line, 9 and 12
///           characters a second; Japanese*: 13 and 4. Two frames between cues; gaps of less than
///           half a second are closed to two frames; in- and out-times lie on a shot change (out:
///           two frames before it) or at least half a second from it: up to 7 frames of 24 a second
///           away they move onto it, from 8 to 11 away from it.
/// bbc       BBC Subtitle Guidelines: 37 characters (the teletext line), two lines, 180 words a
///           minute at most; no gap between cues, or one of a second at least*; a dash before each
///           of two speakers*. The shortest and longest time (1 s, 7 s) and the distances to shot
///           changes are our choice: the guidelines give none.
/// cea608    CEA-608 (47 CFR 79.101): rows of 32 columns. 225 words a minute at most, two lines
///           (DCMP's guidelines). Pop-on captions replace each other in one frame: no gap. The
///           times (5/6 s to 7 s) are our choice.
/// none      No limits: cues are the sentences as they are spoken, in one line each.
struct Profile {
  std::string name;
  /// By WritingSystem.
  std::array<ScriptLimits, 4> scripts{};
  int max_lines = 2;
  Duration min_duration{};
  Duration max_duration{};
  /// Between the end of a cue and the start of the next.
  Duration min_gap{};
  /// Shorter gaps are closed to min_gap.
  Duration chain_gap{};
  ReadingUnit reading_unit = ReadingUnit::kCharacters;
  /// In- and out-times this near to a shot change move onto it; zero: shot changes are ignored.
  Duration snap_distance{};
  /// Those further away, but nearer than this, move away to this distance.
  Duration clear_distance{};
  /// Stands before the line of each of two speakers.
  std::string dialogue_dash;
  /// Whether a cue ends with each sentence.
  bool single_sentences = false;

  const ScriptLimits& limits(WritingSystem system) const {
    return scripts[static_cast<std::size_t>(system)];
  }
  /// Whether lines, durations and reading speed are limited at all.
  bool has_limits() const { return name != "none"; }
};

/// The profile of a name for a video of `frame_rate` frames a second (0: unknown, 25).
/// Throws Error(kUsage) for a name that is none of profile_names().
Profile profile(std::string_view name, double frame_rate = 0);

std::span<const std::string_view> profile_names();

/// The amount of text that reading takes time for, in the unit of the profile: characters or words.
double reading_load(std::string_view text, WritingSystem system, ReadingUnit unit);

}  // namespace attune::captions
