#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "media/av.h"
#include "media/media_info.h"

namespace attune::media {

/// The picture of a recording.
struct PictureStream {
  std::optional<StreamInfo> stream;
  /// In words for a person.
  std::string why_none;
};

/// Reads every packet of every stream of a local file as it is stored, to copy it. (The Demuxer
/// reads one sound and one picture, to understand them.) Not thread-safe; `stop` may be set by any
/// thread and must live as long as the reader.
class ContainerReader {
 public:
  /// Throws Error(kInput), a sentence that names the file: missing, a folder, empty, not media;
  /// Error(kUsage) for an address, which cannot be read twice.
  explicit ContainerReader(const std::string& path, const std::atomic<bool>* stop = nullptr);

  AVFormatContext& format() const { return *format_; }
  const std::string& path() const { return path_; }

  /// What choose_video (stream_selection.h) takes.
  PictureStream picture() const;

  /// Earliest presentation time of any stream, which players show as zero; zero when unknown.
  Timestamp start_time() const;
  std::optional<Duration> duration() const;

  /// Whether the container made this stream for itself: the text of chapters, which are copied as
  /// chapters.
  bool is_internal(int stream) const { return is_internal_[static_cast<std::size_t>(stream)]; }

  /// The next packet; false at the end. What cannot be read is left out, and logged once. Throws
  /// Error(kStopped) after a request to stop.
  bool read(AVPacket& packet);

 private:
  std::string path_;
  const std::atomic<bool>* stop_;
  FormatContext format_;
  std::vector<bool> is_internal_;
  int errors_in_a_row_ = 0;
  bool has_warned_ = false;
};

}  // namespace attune::media
