#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace attune::media {

/// One segment of a media playlist.
struct HlsEntry {
  /// Name of its file without the ending.
  std::string stem;
  Duration duration{};
  /// Its times, or its streams' parameters, do not follow those of the segment before.
  bool is_discontinuity = false;
  /// Time of day of its first sample.
  std::chrono::system_clock::time_point date;
};

/// A media playlist (RFC 8216, 4.3.2 and 4.3.3). The renditions of a programme have the same one
/// but for the files' endings.
struct HlsMediaPlaylist {
  /// Number of the first entry.
  std::int64_t media_sequence = 0;
  /// How many discontinuities came before those of the entries.
  std::int64_t discontinuity_sequence = 0;
  /// No segment's length, rounded, is more seconds.
  std::int64_t target_seconds = 1;
  /// Only ever appended to (EXT-X-PLAYLIST-TYPE:EVENT).
  bool is_event = false;
  /// Nothing follows.
  bool has_ended = false;
  std::deque<HlsEntry> entries;
};

/// `extension` as in ".ts".
std::string write_media_playlist(const HlsMediaPlaylist& playlist, std::string_view extension);

/// Reads what write_media_playlist() has written; nothing where the text is something else. Names
/// that lead out of the folder are something else too.
std::optional<HlsMediaPlaylist> read_media_playlist(std::string_view text);

/// What a master playlist says of its one variant (RFC 8216, 4.3.4).
struct HlsVariant {
  /// Of picture and sound; empty ones are unknown and not written.
  std::string video_codec;
  std::string audio_codec;
  /// As shown; zero without a picture.
  int width = 0;
  int height = 0;
  /// Zero when unknown.
  double frame_rate = 0;

  bool operator==(const HlsVariant&) const = default;
};

struct HlsMaster {
  HlsVariant variant;
  /// Bits a second: of the costliest segment, and over all.
  std::int64_t peak_bandwidth = 0;
  std::int64_t average_bandwidth = 0;
  std::string media_playlist;
  /// Empty: no rendition of subtitles.
  std::string caption_playlist;
  /// For people.
  std::string caption_name = "Captions";
  /// BCP 47; empty: not said.
  std::string caption_language;
};

std::string write_master_playlist(const HlsMaster& master);

}  // namespace attune::media
