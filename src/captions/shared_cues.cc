#include "captions/shared_cues.h"

#include <algorithm>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Whether there is no time for a cue of its own between two starts of speech.
bool too_short(const DraftCue& cue, const DraftCue& next, const Profile& profile) {
  return next.spoken.start - cue.spoken.start < profile.min_duration + profile.min_gap;
}

bool speak_at_once(const DraftCue& a, const DraftCue& b) {
  return b.spoken.start < a.spoken.end;
}

bool fits_one_line(const DraftCue& cue, const Profile& profile) {
  if (cue.lines.size() != 1) return false;
  const std::string line = profile.dialogue_dash + cue.lines.front();
  return columns(line) <= profile.limits(writing_system(line)).max_columns;
}

bool can_share(const DraftCue& a, const DraftCue& b, const Profile& profile) {
  if (profile.max_lines < 2 || a.speaker() == b.speaker()) return false;
  if (a.is_shared() || b.is_shared()) return false;
  if (!fits_one_line(a, profile) || !fits_one_line(b, profile)) return false;
  const Timestamp end = std::max(a.spoken.end, b.spoken.end);
  if (end - a.spoken.start > profile.max_duration - profile.chain_gap) return false;
  // The measure of the shared cue is that of both lines together.
  const int limit = profile.limits(writing_system(a.lines.front() + b.lines.front())).max_columns;
  return columns(profile.dialogue_dash + a.lines.front()) <= limit &&
         columns(profile.dialogue_dash + b.lines.front()) <= limit;
}

DraftCue shared(DraftCue a, DraftCue b, const Profile& profile) {
  a.spoken.end = std::max(a.spoken.end, b.spoken.end);
  a.second = a.pieces.size();
  std::move(b.pieces.begin(), b.pieces.end(), std::back_inserter(a.pieces));
  a.lines = {profile.dialogue_dash + a.lines.front(), profile.dialogue_dash + b.lines.front()};
  return a;
}

}  // namespace

std::vector<DraftCue> share_cues(std::vector<DraftCue> cues, const Profile& profile) {
  std::vector<DraftCue> result;
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const bool has_next = i + 1 < cues.size();
    if (!has_next || !can_share(cues[i], cues[i + 1], profile)) {
      result.push_back(std::move(cues[i]));
      continue;
    }
    const DraftCue& next = cues[i + 1];
    const bool crowded = speak_at_once(cues[i], next) || too_short(cues[i], next, profile);
    // The next one may be the short one, unless it can share with the one after it.
    const bool next_is_short = i + 2 < cues.size() && too_short(next, cues[i + 2], profile) &&
                               !can_share(next, cues[i + 2], profile);
    if (!crowded && !next_is_short) {
      result.push_back(std::move(cues[i]));
      continue;
    }
    result.push_back(shared(std::move(cues[i]), std::move(cues[i + 1]), profile));
    ++i;
  }
  return result;
}

}  // namespace attune::captions
