#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/time.h"
#include "media/av.h"
#include "media/media_info.h"

namespace attune::media {

struct DemuxOptions {
  /// "auto", "none", a number from 1 among the audio tracks, or a language ("eng", "de").
  std::string audio_track = "auto";
  /// false: leave the picture alone.
  bool video = true;
  /// An address that sends nothing for so long is given up. Does not apply to local files.
  Duration network_timeout = std::chrono::seconds(30);
  /// Options of FFmpeg's demuxer and protocol ("rtsp_transport": "tcp"); unknown ones are logged.
  std::map<std::string, std::string> format_options = {};
};

/// A compressed piece of one of the streams taken. Immutable and shared.
struct MediaPacket {
  StreamKind kind = StreamKind::kOther;
  /// Presentation time; the end is the start where the container gives no duration.
  TimeSpan span{};
  std::shared_ptr<const AVPacket> data;

  std::size_t bytes() const;
  /// Whether it can be decoded without the packets before it.
  bool is_key() const;
};

/// Opens a file or an address with FFmpeg and reads the packets of one audio and one video stream
/// in the order of the container.
///
/// Times are those of the container after edit lists, on one clock for sound and picture; they need
/// not begin at zero (MediaInfo::start_time). Jumps of the clock are closed (TimestampContinuity).
///
/// Calls block on I/O. Not thread-safe; `stop`, when given, may be set by any thread and must live
/// as long as the demuxer: it ends a blocked call within about a second of FFmpeg's next look.
class Demuxer {
 public:
  /// Throws Error(kInput), each a sentence that names the file: missing, a folder, empty, not
  /// media, truncated without index, neither sound nor picture, no such audio track;
  /// Error(kStopped) when stopped meanwhile.
  explicit Demuxer(const std::string& location, DemuxOptions options = {},
                   const std::atomic<bool>* stop = nullptr);
  ~Demuxer();
  Demuxer(Demuxer&&) noexcept;
  Demuxer& operator=(Demuxer&&) noexcept;

  const MediaInfo& info() const { return info_; }

  /// Whether seek() leads to the same packets as reading on: not for addresses and pipes, nor for
  /// broadcast formats, whose clock may have jumped before.
  bool can_seek() const;
  /// Goes to where everything from `time` on can be decoded: a picture that stands alone, and
  /// sound, at or before it. Throws Error(kInput) when FFmpeg cannot.
  void seek(Timestamp time);

  /// The next packet; nothing at the end, and when stopped. A part of the input that cannot be read
  /// is left out (read_errors()). Throws Error(kInput) when an address times out.
  std::optional<MediaPacket> read();

  /// Places where the container could not be read so far; each is logged as a warning, the first
  /// in words.
  int read_errors() const { return read_errors_; }

  /// Whether a file was read to its end, and that lies more than a second before the one that its
  /// header promises.
  bool ended_early() const { return ended_early_; }

 private:
  struct Connection;

  void open(const DemuxOptions& options);
  void fill_info();
  void choose_streams(const DemuxOptions& options);
  void note_read_error(int code);
  void check_end();
  MediaPacket make_media_packet(PacketHandle packet);

  MediaInfo info_;
  std::unique_ptr<Connection> connection_;
  /// Latest presentation time read.
  Timestamp last_time_{};
  bool has_ended_ = false;
  bool ended_early_ = false;
  int read_errors_ = 0;
  int read_errors_in_a_row_ = 0;
};

/// What the container says, without decoding: duration, streams, and which would be taken.
/// Throws as Demuxer does.
MediaInfo probe(const std::string& location, DemuxOptions options = {});

}  // namespace attune::media
