#pragma once

#include <functional>

#include "media/av.h"
#include "media/media_info.h"

namespace attune::media {

struct CodecOptions {
  /// Threads of FFmpeg's decoder; the result does not depend on it.
  int threads = 1;
  /// Leaves out the deblocking filter where the codec allows: about a sixth less time, slightly
  /// rougher pictures.
  bool skip_loop_filter = false;
};

/// Packets of one stream to frames, with damage counted rather than thrown. The frames keep the
/// stream's time base. Not thread-safe.
class PacketDecoder {
 public:
  /// Gets each frame, in presentation order; may move its content away.
  using Sink = std::function<void(AVFrame&)>;

  /// Throws Error(kInput) when the installed FFmpeg cannot decode the stream.
  PacketDecoder(const StreamInfo& stream, const CodecOptions& options);

  void decode(const AVPacket& packet, const Sink& sink);
  /// Delivers the frames held back; the decoder can then take packets again, as after a seek.
  void flush(const Sink& sink);

  /// Whether pictures that no other refers to are left out.
  void set_reference_only(bool only);

  /// Packets that could not be decoded, and frames that came out damaged or concealed.
  int damaged_packets() const { return damaged_packets_; }
  int damaged_frames() const { return damaged_frames_; }

 private:
  bool send(const AVPacket* packet, const Sink& sink);
  int receive_all(const Sink& sink);
  void note_damage(int code);

  StreamInfo stream_;
  CodecContext codec_;
  FrameHandle frame_;
  Timestamp packet_time_{};
  int damaged_packets_ = 0;
  int damaged_frames_ = 0;
};

}  // namespace attune::media
