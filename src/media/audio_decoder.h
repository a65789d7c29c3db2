#pragma once

#include <functional>
#include <optional>

#include "media/audio_chunk.h"
#include "media/packet_decoder.h"
#include "media/resampler.h"

namespace attune::media {

struct AudioDecoderOptions {
  /// Length of the chunks delivered; the last one may be shorter.
  Duration chunk = std::chrono::milliseconds(100);
  /// A gap in the sound up to this long is filled with silence; after a longer one the next chunk
  /// starts later than the one before ended.
  Duration max_silence = std::chrono::hours(1);
};

/// What the decoder had to do to keep the sound on the media clock.
struct AudioStatistics {
  int damaged_packets = 0;
  /// Times that the count of samples and the presentation timestamps were brought together again.
  int corrections = 0;
  Duration silence_inserted{};
  Duration sound_dropped{};
};

/// Packets of an audio track to mono sound at 16 kHz on the media's own clock.
///
/// The first chunk starts at the presentation time of the first decoded sample (encoder priming and
/// edit lists left out), which may lie before or after the picture's. Chunks then follow each other
/// without gap or overlap: missing sound becomes silence, sound that overlaps what was delivered is
/// cut. Timestamps that only jitter are smoothed; where they drift away from the count of samples
/// by more than 20 ms, or step by more than 40 ms, the sound is moved to where they say.
///
/// Memory: one chunk and the decoder's own. Latency: one chunk. Not thread-safe.
class AudioDecoder {
 public:
  using Sink = std::function<void(AudioChunk)>;

  /// Throws Error(kInput) when the installed FFmpeg cannot decode the stream.
  explicit AudioDecoder(const StreamInfo& stream, AudioDecoderOptions options = {});

  /// Damaged packets are skipped, counted, and logged once.
  void decode(const AVPacket& packet, const Sink& sink);
  /// End of stream: delivers everything held back. The decoder is then as new.
  void flush(const Sink& sink);

  AudioStatistics statistics() const;

 private:
  void take(const AVFrame& frame, const Sink& sink);
  bool has_left(Timestamp expected, Timestamp stamped);
  void move_to(Timestamp time, const Sink& sink);
  void append(std::vector<float>& samples, const Sink& sink);
  void append_silence(std::int64_t count, const Sink& sink);
  void deliver(std::size_t count, const Sink& sink);
  std::int64_t position_of(Timestamp time) const;

  StreamInfo stream_;
  AudioDecoderOptions options_;
  PacketDecoder decoder_;
  Resampler resampler_;
  AudioStatistics statistics_;
  int damage_seen_ = 0;

  /// Time of output sample 0; unset before the first frame.
  std::optional<Timestamp> origin_;
  /// Output samples placed so far, counted from the origin, delivered or pending.
  std::int64_t position_ = 0;
  /// Samples to leave out before the next ones are placed.
  std::int64_t to_drop_ = 0;
  std::vector<float> pending_;
  std::vector<float> converted_;

  /// The stretch since the last correction: where it began, and input samples since.
  Timestamp stretch_start_{};
  std::int64_t stretch_samples_ = 0;
  double smoothed_error_s_ = 0;
};

}  // namespace attune::media
