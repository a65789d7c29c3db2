#pragma once

#include <span>
#include <string>
#include <vector>

#include "captions/draft_cue.h"
#include "captions/profile.h"

namespace attune::captions {

/// What one speaker says without a long pause.
struct Phrase {
  std::span<const Piece> pieces;
  /// When the next phrase starts, whoever speaks; Timestamp::max() for the last one.
  Timestamp next_start = Timestamp::max();
  /// The speaker's name as it stands before the first cue, "Name: "; empty where none does.
  std::string label;
  /// Columns that are left free for it; none where it is too long.
  int label_columns = 0;
};

/// Cuts a phrase into the cues of least total cost, each with its lines (layout.h, step 1).
std::vector<DraftCue> split_phrase(const Phrase& phrase, const Profile& profile);

}  // namespace attune::captions
