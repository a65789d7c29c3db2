#include "media/track_watch.h"

namespace attune::media {

void TrackWatch::take(StreamKind kind, std::optional<int> stream, bool may_change, Timestamp now) {
  taken_[kind] = {stream, may_change, now};
}

bool TrackWatch::note(StreamKind kind, int stream, Timestamp now) {
  const auto it = taken_.find(kind);
  if (it == taken_.end()) return false;
  Taken& taken = it->second;
  if (taken.stream == stream) {
    taken.last = now;
    return false;
  }
  if (!taken.may_change) return false;
  return !taken.stream || now - taken.last > patience_;
}

}  // namespace attune::media
