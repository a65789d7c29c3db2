#pragma once

#include <map>
#include <optional>

#include "core/time.h"
#include "media/media_info.h"

namespace attune::media {

/// Notices on a connection that a track that was taken has gone silent while another of its kind
/// lives, or that there is now one where there was none. Times on any steady clock. Not
/// thread-safe.
class TrackWatch {
 public:
  /// `patience`: how long a track may be silent before another takes its place.
  explicit TrackWatch(Duration patience) : patience_(patience) {}

  /// From here on `stream` is the one of this kind that is taken; none when there is none.
  /// `may_change`: whether another may take its place.
  void take(StreamKind kind, std::optional<int> stream, bool may_change, Timestamp now);

  /// A packet of `stream` has come. True: it should be taken in place of the one that is.
  bool note(StreamKind kind, int stream, Timestamp now);

 private:
  struct Taken {
    std::optional<int> stream;
    bool may_change = false;
    Timestamp last{};
  };

  Duration patience_;
  std::map<StreamKind, Taken> taken_;
};

}  // namespace attune::media
