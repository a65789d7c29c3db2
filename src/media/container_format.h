#pragma once

#include <filesystem>
#include <string>

namespace attune::media {

/// How a container keeps captions as text.
enum class SubtitleCodec {
  /// 3GPP timed text (3GPP TS 26.245), in MP4 and QuickTime files: text without voices.
  kMovText,
  /// SubRip text (S_TEXT/UTF8), in Matroska: text without voices, which every player shows.
  kSubRip,
  /// WebVTT with voices and settings, in Matroska and WebM.
  kWebVtt,
};

/// "mov_text", "subrip" or "webvtt", as FFmpeg and its ffprobe call them.
std::string name(SubtitleCodec codec);

/// FFmpeg's name of the container that a file of this name would be: "mp4", "mov", "matroska",
/// "webm", "mpegts". Throws Error(kUsage) where the name's ending says nothing to FFmpeg.
std::string container_format(const std::filesystem::path& file);

/// What captions become in that container. Throws Error(kUsage), naming what to use instead, for
/// containers whose text tracks no player reads.
SubtitleCodec default_subtitle_codec(const std::filesystem::path& file);

/// Throws Error(kUsage) when the container of `file` does not take `codec`.
void require_subtitle_codec(const std::filesystem::path& file, SubtitleCodec codec);

}  // namespace attune::media
