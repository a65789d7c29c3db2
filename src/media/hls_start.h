#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "core/time.h"
#include "media/demuxer.h"

namespace attune::media {

/// Holds back the first packets of a stretch of a feed until it is known which streams it has and a
/// picture that stands alone has come: a container lists its streams in front, and players begin
/// with such a picture.
///
/// Waits at most a second of media for sound that was expected and does not come, ten for pictures.
/// Sound that ends before the first picture is dropped, and so are pictures that cannot be decoded.
/// Memory: two seconds of packets, plus a second of pictures. Not thread-safe.
class HlsStart {
 public:
  HlsStart(bool expects_audio, bool expects_video)
      : audio_{.is_expected = expects_audio}, video_{.is_expected = expects_video} {}

  void add(const MediaPacket& packet, const std::shared_ptr<const StreamInfo>& stream);
  /// There will be such a stream.
  void expect(StreamKind kind) { kind_state(kind).is_expected = true; }
  /// There will be no (more) such stream.
  void do_not_expect(StreamKind kind) { kind_state(kind).is_expected = false; }

  bool is_ready() const;

  /// Once ready: the picture's stream, if any, then the sound's.
  std::vector<std::shared_ptr<const StreamInfo>> streams() const;
  /// The first packet that players show: a picture where there are pictures.
  const MediaPacket& first() const;
  /// The packets to begin with.
  std::deque<MediaPacket> packets() const;

  /// Begins anew; what is expected stays.
  void clear();

 private:
  struct Kind {
    bool is_expected = false;
    std::shared_ptr<const StreamInfo> stream{};

    bool is_settled() const { return stream != nullptr || !is_expected; }
  };

  Kind& kind_state(StreamKind kind) { return kind == StreamKind::kVideo ? video_ : audio_; }
  void drop_old();

  Kind audio_;
  Kind video_;
  bool has_key_ = false;
  std::optional<Timestamp> oldest_;
  Timestamp newest_ = Timestamp::min();
  std::deque<MediaPacket> held_;
};

/// Whether the packet is a picture that stands alone.
bool is_key_picture(const MediaPacket& packet);

}  // namespace attune::media
