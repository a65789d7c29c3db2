#pragma once

#include <string>

#include "core/time.h"
#include "media/feed_link.h"

namespace attune::media {

/// What the playlists of an HLS feed say of it.
struct PlaylistFinding {
  /// FFmpeg's code where the first one cannot be read.
  int code = 0;
  Duration target_duration{};
  /// Address of the newest segment; empty when there is none.
  std::string last_segment;
  bool is_ended = false;
};

/// Reads the playlist at an address, and those that it names, and has the link check every address
/// in them (FeedLink::refused()). FFmpeg goes over parts that it cannot open in silence; here they
/// get a name. What is no playlist is left alone.
PlaylistFinding check_playlists(FeedLink& link, const std::string& address);

}  // namespace attune::media
