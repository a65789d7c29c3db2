#include "nodes/token_seam.h"

#include <algorithm>

namespace attune::nodes {
namespace {

using models::FaceTokens;
using Track = FaceTokenWindow::Track;

/// The tokens at the ticks [from, to).
FaceTokens within(const FaceTokens& tokens, TokenIndex from, TokenIndex to) {
  from = std::max(from, tokens.first);
  to = std::min(to, tokens.end());
  FaceTokens part{.first = from, .tokens{}, .motion{}};
  if (from >= to) return part;
  const auto width = static_cast<std::ptrdiff_t>(tokens.tokens.size()) / tokens.length();
  const auto begin = static_cast<std::ptrdiff_t>(from - tokens.first);
  const auto end = static_cast<std::ptrdiff_t>(to - tokens.first);
  part.tokens.assign(tokens.tokens.begin() + begin * width, tokens.tokens.begin() + end * width);
  part.motion.assign(tokens.motion.begin() + begin, tokens.motion.begin() + end);
  return part;
}

/// Adds tokens that follow those of the same track.
void append(std::vector<Track>& tracks, align::TrackId id, const FaceTokens& tokens) {
  if (tokens.length() == 0) return;
  const auto known = std::find_if(tracks.begin(), tracks.end(),
                                  [&](const Track& track) { return track.id == id; });
  if (known == tracks.end()) {
    tracks.push_back({id, tokens});
    return;
  }
  FaceTokens& all = known->tokens;
  const FaceTokens rest = within(tokens, all.end(), tokens.end());
  all.tokens.insert(all.tokens.end(), rest.tokens.begin(), rest.tokens.end());
  all.motion.insert(all.motion.end(), rest.motion.begin(), rest.motion.end());
}

}  // namespace

void TokenSeam::keep_late(const FaceTokenWindow& window, TokenIndex seam,
                          const TrackNumbers& numbers) {
  for (const Track& track : window.tracks) {
    const FaceTokens tokens = within(track.tokens, track.tokens.first, seam);
    if (tokens.length() > 0) append(late_, numbers.number(track.id), tokens);
  }
}

FaceTokenWindow TokenSeam::join(const FaceTokenWindow& window, TokenIndex first,
                                const TrackNumbers& numbers) {
  FaceTokenWindow joined{window.first, window.length, window.complete, std::move(late_)};
  late_.clear();
  for (const Track& track : window.tracks) {
    const FaceTokens tokens = within(track.tokens, first, track.tokens.end());
    if (tokens.length() > 0) append(joined.tracks, numbers.number(track.id), tokens);
  }
  std::sort(joined.tracks.begin(), joined.tracks.end(),
            [](const Track& a, const Track& b) { return a.id < b.id; });
  return joined;
}

}  // namespace attune::nodes
