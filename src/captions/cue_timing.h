#pragma once

#include <span>
#include <string>
#include <vector>

#include "captions/profile.h"
#include "core/time.h"

namespace attune::captions {

/// A cue as its times see it.
struct CueTiming {
  /// When its words are heard.
  TimeSpan spoken{};
  /// How long it must stay to be read.
  Duration needed{};
};

/// How far a cue may start from its speech for the sake of being read.
struct CueShift {
  /// The start of the recording: no cue moves before it.
  Timestamp earliest{};
  /// After it, until the cue before has been read.
  Duration delay = std::chrono::milliseconds(1500);
  /// Before it.
  Duration lead = std::chrono::milliseconds(500);
};

/// When cues are shown, by steps 3 and 4 of lay_out (layout.h). `cues` in order of the start of
/// speech. The spans returned follow each other with at least min_gap between them; each lasts from
/// min_duration to max_duration.
std::vector<TimeSpan> cue_spans(std::span<const CueTiming> cues, std::span<const Timestamp> cuts,
                                const Profile& profile, const CueShift& limits);

/// How long it takes to read the lines at the profile's reading speed; at least its shortest, at
/// most its longest duration.
Duration reading_time(std::span<const std::string> lines, const Profile& profile);

/// What there is to read in the lines, and the most of it that may be read in a second.
struct ReadingLoad {
  double amount = 0;
  double max_speed = 0;
};
ReadingLoad reading_load(std::span<const std::string> lines, const Profile& profile);

}  // namespace attune::captions
