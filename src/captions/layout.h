#pragma once

#include <optional>
#include <span>
#include <vector>

#include "align/speech.h"
#include "captions/caption.h"
#include "captions/cue_timing.h"
#include "captions/function_words.h"
#include "captions/orthography.h"
#include "captions/profile.h"
#include "captions/speaker_names.h"
#include "core/time.h"

namespace attune::captions {

struct LayoutOptions {
  Profile profile = captions::profile("netflix");
  Orthography orthography;
  /// A pause from which a cue always ends.
  Duration cue_pause = std::chrono::milliseconds(800);
  /// The same after a word that the next one belongs to: an article, a title, a first name.
  Duration unfinished_pause = std::chrono::seconds(2);
  CueShift shift;
  /// Leaves room for "Name: " in the first line where the speaker changes, as SubRip files show it.
  bool name_labels = false;
  /// Guessed from the words when nothing is given.
  std::optional<Language> language;
};

/// Lays words out as cues by the rules of a profile: every word once, in order.
///
/// 1. Words of one speaker without a pause of `cue_pause` form a phrase. Each phrase is cut into
///    cues and lines where the sum of syntactic costs (syntax.h) and of the costs of cues that are
///    short, badly shaped, or too fast to read is least. Words wider than a line are cut.
/// 2. Two speakers share a cue, one line and one entry of `line_voices` each, a dash before each
///    line, where they speak at once or a turn has no time to stand alone, and both fit. Other
///    overlapping speech gets cues of its own, in the order it starts in.
/// 3. A cue starts with its first word and ends with its last; it stays longer where that is needed
///    to read it and where there is room: never into the next cue. Times near a shot change move
///    onto it or away from it as the profile says; gaps shorter than its chain_gap are closed.
/// 4. Where speech is too dense, cues wait for earlier ones to have been read, and start a little
///    before their speech where there is room, both no further than `shift` allows and only where
///    that lets more be read (cue_starts.h); where it does not, they keep to the speech. For the
///    shortest duration of earlier ones they wait as long as it takes. Speech that is faster than
///    the profile's reading speed is shown as it is spoken: words are never left out.
///
/// `words` in any order; `cuts` are the times of shot changes in ascending order, empty when
/// unknown. Cues come in order of time and never overlap.
std::vector<Caption> lay_out(std::vector<align::Word> words, const SpeakerNames& names,
                             std::span<const Timestamp> cuts = {},
                             const LayoutOptions& options = {});

}  // namespace attune::captions
