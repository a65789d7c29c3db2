#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/time.h"
#include "media/av.h"
#include "media/demuxer.h"

namespace attune::media {

/// Zero of the feed's clock in the 90 kHz counter of an MPEG transport stream: decoding times may
/// lie before presentation times, and the clock reference before both.
inline constexpr std::int64_t kTsOrigin = 10 * 90'000;

/// A time of the feed in that counter, before it wraps at 33 bits. Exact for whole milliseconds.
std::int64_t ts_ticks(Timestamp t);

/// Whether a transport stream has a place for the codec in the way HLS lays down (RFC 8216, 3.2,
/// and Apple's authoring specification): H.264, HEVC, AAC, MP3, AC-3, E-AC-3, and MPEG-1/2.
bool has_place_in_ts(const StreamInfo& stream);
/// Whether the browsers of today play it: H.264 with AAC or MP3.
bool plays_in_browsers(const StreamInfo& stream);

/// Writes one transport stream into several files that follow each other seamlessly: packets keep
/// their bytes, each file begins with the tables, the packets' counters go on, and the times are
/// ts_ticks() of the presentation times. Files may be played one by one.
///
/// Memory: at most half a second of sound. A file that was begun and not finished is left where it
/// is, broken. Not thread-safe. Errors, each Error(kOutput) with the file's name: a folder that
/// cannot be written, a full disk; after one the object is of no further use.
class TsWriter {
 public:
  /// At most one stream of each kind, each with a place in TS.
  explicit TsWriter(std::vector<std::shared_ptr<const StreamInfo>> streams);
  ~TsWriter();
  TsWriter(const TsWriter&) = delete;
  TsWriter& operator=(const TsWriter&) = delete;

  void begin_file(const std::filesystem::path& file);
  /// Appends a packet of the stream of its kind; those of one stream come in decoding order. False
  /// for a damaged one, which is left out.
  bool write(const MediaPacket& packet);
  /// Its size in bytes.
  std::int64_t finish_file();

  const std::vector<std::shared_ptr<const StreamInfo>>& streams() const { return streams_; }

 private:
  struct Close {
    void operator()(AVFormatContext* format) const;
  };

  void open_muxer();
  PacketHandle timed(const MediaPacket& packet, std::size_t stream);
  [[noreturn]] void fail(int code) const;

  std::vector<std::shared_ptr<const StreamInfo>> streams_;
  /// Decoding time of each stream's last packet.
  std::vector<std::optional<std::int64_t>> last_dts_;
  std::filesystem::path file_;
  std::unique_ptr<AVFormatContext, Close> format_;
  bool has_header_ = false;
};

}  // namespace attune::media
