#include "media/playlist_check.h"

#include <algorithm>
#include <vector>

#include "media/playlist.h"

namespace attune::media {
namespace {

/// Variants and renditions beyond are opened, if at all, with FFmpeg's checks alone.
constexpr std::size_t kMostPlaylists = 32;

}  // namespace

PlaylistFinding check_playlists(FeedLink& link, const std::string& address) {
  PlaylistFinding finding;
  std::vector<std::string> addresses = {address};
  for (std::size_t i = 0; i < addresses.size() && i < kMostPlaylists; ++i) {
    // Each may take as long as a silent source: there may be dozens, one after the other.
    link.start_waiting();
    const int code = link.read_playlist(addresses[i]);
    if (!link.refused().empty()) break;
    if (code < 0) {
      // A rendition that is missing now is not the whole feed.
      if (i > 0 && !link.timed_out()) continue;
      finding.code = code;
      break;
    }
    if (!is_playlist(link.playlist_text())) continue;
    const std::string base = link.playlist_address();
    const Playlist playlist = read_playlist(link.playlist_text());
    for (const std::string& part : playlist.parts) link.check(resolve(base, part));
    for (const std::string& other : playlist.playlists) {
      link.check(resolve(base, other));
      addresses.push_back(resolve(base, other));
    }
    if (!link.refused().empty()) break;
    finding.target_duration = std::max(finding.target_duration, playlist.target_duration);
    if (finding.last_segment.empty() && !playlist.last_segment.empty()) {
      finding.last_segment = resolve(base, playlist.last_segment);
      finding.is_ended = playlist.is_ended;
    }
  }
  if (finding.code >= 0) link.start_waiting();
  return finding;
}

}  // namespace attune::media
