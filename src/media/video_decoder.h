#pragma once

#include <functional>
#include <optional>

#include "media/packet_decoder.h"
#include "media/video_frame.h"

namespace attune::media {

struct VideoStatistics {
  /// Packets that could not be decoded, and pictures that came out damaged or concealed.
  int damaged_packets = 0;
  int damaged_frames = 0;
  /// Pictures left out because they do not come after the one before, or have no time at all.
  int out_of_order_frames = 0;
};

/// Packets of a video stream to pictures on the media's own clock, with strictly increasing times.
///
/// A picture's span ends where the next one starts, whatever duration the container claims; so each
/// is delivered when its successor is known: one frame of latency. Memory: the decoder's reference
/// pictures (codec and `threads` decide) and one picture. Not thread-safe.
class VideoDecoder {
 public:
  using Sink = std::function<void(VideoFrame)>;

  /// Throws Error(kInput) when the installed FFmpeg cannot decode the stream.
  explicit VideoDecoder(const StreamInfo& stream, CodecOptions options = {});

  /// Damage is concealed where the codec can, else left out; counted, and logged once.
  void decode(const AVPacket& packet, const Sink& sink);
  /// End of stream: delivers everything held back. The decoder is then as new.
  void flush(const Sink& sink);

  /// Leaves out pictures that no other needs, from the next packet on: what a feed that falls behind
  /// can do without.
  void set_reference_only(bool only) { decoder_.set_reference_only(only); }

  VideoStatistics statistics() const;

 private:
  void take(AVFrame& frame, const Sink& sink);
  VideoFrame make_frame_of(AVFrame& frame, Timestamp start) const;
  Duration duration_of(const AVFrame& frame) const;

  StreamInfo stream_;
  PacketDecoder decoder_;
  /// The last picture, with its span's end as the stream claims, until the next one corrects it.
  std::optional<VideoFrame> pending_;
  int out_of_order_frames_ = 0;
};

}  // namespace attune::media
