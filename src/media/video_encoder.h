#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/time.h"
#include "media/av.h"

struct AVCodecParameters;
struct AVOutputFormat;

namespace attune::media {

struct VideoEncoderOptions {
  /// Constant rate factor of libx264: 0 lossless, 18 hard to tell from the source, 23 the
  /// encoder's own default. Other encoders get a quality that looks alike.
  int quality = 20;
};

/// Pictures to packets, with libx264 where FFmpeg has it and the container takes H.264, else with
/// the container's usual encoder. The same pictures give the same bytes on every machine: the
/// number of threads is fixed. Memory: the encoder's look-ahead, some 60 pictures. Not thread-safe.
class VideoEncoder {
 public:
  /// Takes a packet's content; times are in time_base().
  using Sink = std::function<void(AVPacket&)>;

  /// For pictures like `first` (8-bit 4:2:0), whose times are in `time_base`. Throws Error(kOutput)
  /// when there is no encoder for the container.
  VideoEncoder(const AVFrame& first, Ratio time_base, Ratio frame_rate, Ratio pixel_aspect,
               const AVOutputFormat& container, const VideoEncoderOptions& options);

  Ratio time_base() const;
  /// Describes the stream, without side data.
  void describe(AVCodecParameters& parameters) const;

  /// `frame`'s pts is in the time base given; `duration` how long it is shown. Throws
  /// Error(kOutput).
  void encode(AVFrame& frame, Duration duration, const Sink& sink);
  void flush(const Sink& sink);

 private:
  void receive_all(const Sink& sink);

  CodecContext codec_;
  Ratio source_time_base_;
  PacketHandle packet_;
  /// Of the pictures inside the encoder, by time: encoders forget it.
  std::map<std::int64_t, std::int64_t> durations_;
  std::optional<std::int64_t> last_pts_;
};

}  // namespace attune::media
