#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "media/hls_playlist.h"

namespace attune::live {

inline constexpr std::string_view kHlsMaster = "master.m3u8";
inline constexpr std::string_view kHlsMedia = "media.m3u8";
inline constexpr std::string_view kHlsCaptions = "captions.m3u8";

/// The folder that an HLS programme is served from: master.m3u8, media.m3u8, captions.m3u8,
/// segment-NNNNNNNN.ts and segment-NNNNNNNN.vtt. Other files in it are left alone. One writer at a
/// time; not thread-safe.
class HlsFolder {
 public:
  /// Creates the folder where it is missing, and takes over what an earlier run has left there:
  /// half-written files are removed, and so are, without `keep_segments`, the playlists and all
  /// segments, so that nobody is served a stale programme.
  /// Throws Error(kOutput) when the folder cannot be created or written.
  HlsFolder(std::filesystem::path folder, bool keep_segments);

  const std::filesystem::path& path() const { return folder_; }

  /// The earlier run's media playlist; its entries, where they are kept, have their files. Nothing
  /// in a new folder.
  const std::optional<media::HlsMediaPlaylist>& earlier() const { return earlier_; }

  /// Puts a file in place at once: readers see the old one or the new one. Throws Error(kOutput).
  void replace(std::string_view name, std::string_view content) const;
  /// Removes the files of a segment; not there: fine.
  void remove_segment(const std::string& stem) const;
  /// Forgets the earlier run: a playlist of this one is in place.
  void forget_earlier();

 private:
  void read_earlier(bool keep_segments);
  void remove_leftovers(bool keep_segments) const;

  std::filesystem::path folder_;
  std::optional<media::HlsMediaPlaylist> earlier_;
};

}  // namespace attune::live
