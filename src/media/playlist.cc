#include "media/playlist.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace attune::media {
namespace {

/// Value of an attribute in quotes, of a line such as `#EXT-X-KEY:METHOD=AES-128,URI="key.bin"`.
std::string uri_of(const std::string& line) {
  constexpr std::string_view kName = "URI=\"";
  const std::size_t begin = line.find(kName);
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + kName.size();
  return line.substr(from, line.find('"', from) - from);
}

void read_tag(const std::string& line, Playlist& playlist, bool& names_variant) {
  if (line.starts_with("#EXT-X-STREAM-INF")) names_variant = true;
  if (line.starts_with("#EXT-X-ENDLIST")) playlist.is_ended = true;
  constexpr std::string_view kTarget = "#EXT-X-TARGETDURATION:";
  if (line.starts_with(kTarget)) {
    const double seconds = std::strtod(line.c_str() + kTarget.size(), nullptr);
    if (seconds > 0 && seconds < 3600) playlist.target_duration = from_seconds(seconds);
  }
  const std::string uri = uri_of(line);
  if (uri.empty()) return;
  const bool is_rendition =
      line.starts_with("#EXT-X-MEDIA") || line.starts_with("#EXT-X-I-FRAME-STREAM-INF");
  (is_rendition ? playlist.playlists : playlist.parts).push_back(uri);
}

/// Length of "http://host" at the beginning.
std::size_t authority_end(const std::string& address) {
  const std::size_t scheme = address.find("://");
  if (scheme == std::string::npos) return 0;
  return std::min(address.find_first_of("/?#", scheme + 3), address.size());
}

}  // namespace

bool is_playlist(const std::string& text) {
  return text.starts_with("#EXTM3U") || text.starts_with("\xEF\xBB\xBF#EXTM3U");
}

Playlist read_playlist(const std::string& text) {
  Playlist playlist;
  bool names_variant = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty()) continue;
    if (line.front() == '#') {
      read_tag(line, playlist, names_variant);
      continue;
    }
    if (names_variant) {
      playlist.playlists.push_back(line);
    } else {
      playlist.parts.push_back(line);
      playlist.last_segment = line;
    }
    names_variant = false;
  }
  return playlist;
}

std::string resolve(const std::string& base, const std::string& address) {
  const std::size_t colon = address.find_first_of(":/?#");
  if (colon != std::string::npos && address[colon] == ':') return address;
  if (address.starts_with("//")) return base.substr(0, base.find(':') + 1) + address;
  const std::size_t host = authority_end(base);
  if (address.starts_with('/')) return base.substr(0, host) + address;
  const std::size_t end = std::min(base.find_first_of("?#", host), base.size());
  if (address.starts_with('?')) return base.substr(0, end) + address;
  const std::size_t folder = base.rfind('/', end == 0 ? 0 : end - 1);
  if (folder == std::string::npos || folder < host) return base.substr(0, end) + "/" + address;
  return base.substr(0, folder + 1) + address;
}

}  // namespace attune::media
