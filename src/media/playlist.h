#pragma once

#include <string>
#include <vector>

#include "core/time.h"

namespace attune::media {

/// What an HLS playlist (RFC 8216) leads to.
struct Playlist {
  /// Other playlists: variants and renditions; none in a media playlist.
  std::vector<std::string> playlists;
  /// Segments, keys and initialisation sections, in order.
  std::vector<std::string> parts;
  /// Of the last segment; empty when there is none.
  std::string last_segment;
  /// Longest segment; zero when not told.
  Duration target_duration{};
  /// Nothing will be added.
  bool is_ended = false;
};

/// Whether it begins as a playlist must.
bool is_playlist(const std::string& text);

/// Reads the addresses as they stand; what is no address is left out.
Playlist read_playlist(const std::string& text);

/// An address of a playlist, seen from the playlist's own (RFC 3986, 5.2).
std::string resolve(const std::string& base, const std::string& address);

}  // namespace attune::media
