#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "captions/caption.h"
#include "captions/profile.h"
#include "core/time.h"

namespace attune::captions {

/// What a caption file can break. Those that a profile sets no limit for are not looked at; times,
/// order, overlap, empty, encoding and control-character hold for every profile.
///
/// | rule              | broken when                                                              |
/// | ----------------- | ------------------------------------------------------------------------ |
/// | times             | a cue does not end after it starts                                       |
/// | order             | a cue starts before the one before it                                    |
/// | overlap           | a cue starts before an earlier one ends                                  |
/// | gap               | the gap before a cue is smaller than the profile's, or too small to be   |
/// |                   | seen as one (chain_gap) and not closed                                   |
/// | too-short         | a cue is shown for less than min_duration                                |
/// | too-long          | a cue is shown for more than max_duration                                |
/// | reading-speed     | there is more to read than the profile allows in the cue's time          |
/// | line-length       | a line is wider than the profile allows for its script                   |
/// | line-count        | a cue has more lines than allowed                                        |
/// | break             | a line ends between an article and its noun, a title and a name, a first |
/// |                   | and a last name though another break fits; or a cue does so while the    |
/// |                   | next one goes straight on                                                |
/// | dash              | two speakers in a cue without the profile's dash before each line        |
/// | shot-change       | a cue hangs over a shot change by less than snap_distance at either end  |
/// | empty             | a cue or a line of it shows nothing                                      |
/// | encoding          | a line is not UTF-8                                                      |
/// | control-character | a line holds a control character                                         |
enum class Rule {
  kTimes,
  kOrder,
  kOverlap,
  kGap,
  kTooShort,
  kTooLong,
  kReadingSpeed,
  kLineLength,
  kLineCount,
  kBreak,
  kDash,
  kShotChange,
  kEmpty,
  kEncoding,
  kControlCharacter
};

/// As in the table above: "too-short".
std::string_view name(Rule rule);

struct Violation {
  Rule rule = Rule::kTimes;
  /// From 0, in the order of the file.
  std::size_t cue = 0;
  /// Of the cue.
  TimeSpan span{};
  /// What was found and what is allowed, without the place: "line 1 has 45 characters; 42 are
  /// allowed".
  std::string message;
  /// In the unit of the rule: seconds, columns, lines, characters or words a second.
  std::optional<double> measured;
  std::optional<double> limit;
};

/// The violations of a file's cues, in order of the cues. Times may be off by a millisecond, as
/// files round them. `cuts` in ascending order; without them shot changes are not looked at.
std::vector<Violation> lint(std::span<const Caption> captions, const Profile& profile,
                            std::span<const Timestamp> cuts = {});

}  // namespace attune::captions
