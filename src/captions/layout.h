#pragma once

#include <span>
#include <vector>

#include "align/speech.h"
#include "captions/caption.h"
#include "captions/speaker_names.h"
#include "core/time.h"

namespace attune::captions {

/// The rules cues are laid out by. The defaults are the common ones of streaming services for adult
/// programmes in English at 25 frames a second.
struct LayoutOptions {
  /// Characters (code points) in a line.
  int max_line_length = 42;
  int max_lines = 2;
  Duration min_duration = std::chrono::nanoseconds(833'333'333);
  Duration max_duration = std::chrono::seconds(7);
  /// Between the end of a cue and the start of the next: two frames.
  Duration min_gap = std::chrono::milliseconds(80);
  /// Characters a second.
  double max_reading_speed = 20;
  /// A pause from which a cue always ends.
  Duration cue_pause = std::chrono::milliseconds(800);
  /// A pause from which a sentence ends, for captioners that write no punctuation.
  Duration sentence_pause = std::chrono::milliseconds(600);
  /// Gaps between cues that are shorter than this are closed to min_gap: they would only flicker.
  Duration chain_gap = std::chrono::milliseconds(480);
  /// Starts and ends this near to a cut move onto it: seven frames.
  Duration snap_distance = std::chrono::milliseconds(280);
  /// Cues wait for earlier ones to have been read, but no longer than this.
  Duration max_delay = std::chrono::milliseconds(1500);
  bool sentence_case = true;
  bool full_stops = true;
};

/// Lays words out as cues: one speaker per cue, every word once, in order.
///
/// Words of one speaker without a pause of `cue_pause` form a phrase. Each phrase is cut into cues
/// where the sum of syntactic costs (syntax.h) and of the costs of short or badly shaped cues is
/// least. A cue starts with its first word and ends with its last; it stays longer where that is
/// needed to read it (`min_duration`, `max_reading_speed`) and where there is room: never into the
/// next cue and never over the cut after its last word. When speakers take turns faster than
/// `min_duration`, or speak at once, later cues wait for up to `max_delay`; beyond that cues become
/// shorter than `min_duration`. Speech faster than `max_reading_speed` is shown as it is spoken.
///
/// `words` in any order; `cuts` are the times of shot changes in ascending order, empty when
/// unknown. Cues come in order of time and never overlap. Lines exceed `max_line_length` only for a
/// single word that is longer.
std::vector<Caption> lay_out(std::vector<align::Word> words, const SpeakerNames& names,
                             std::span<const Timestamp> cuts = {},
                             const LayoutOptions& options = {});

}  // namespace attune::captions
