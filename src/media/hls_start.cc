#include "media/hls_start.h"

#include <algorithm>

#include "media/libav.h"

namespace attune::media {
namespace {

constexpr Duration kSoundSettling = std::chrono::seconds(1);
/// As far apart as key pictures may be: a feed is as a rule joined between two, and browsers that
/// were given sound alone do not take pictures after it.
constexpr Duration kPictureSettling = std::chrono::seconds(10);
/// Sound may be stored so long before the picture that is shown with it.
constexpr Duration kInterleaving = std::chrono::seconds(2);

}  // namespace

bool is_key_picture(const MediaPacket& packet) {
  return packet.kind == StreamKind::kVideo && (packet.data->flags & AV_PKT_FLAG_KEY) != 0;
}

void HlsStart::add(const MediaPacket& packet, const std::shared_ptr<const StreamInfo>& stream) {
  Kind& kind = kind_state(packet.kind);
  if (kind.stream != stream) {
    // Of what came before this change nothing can be used with what follows.
    if (kind.stream != nullptr)
      std::erase_if(held_, [&](const MediaPacket& held) { return held.kind == packet.kind; });
    if (packet.kind == StreamKind::kVideo) has_key_ = false;
    kind.stream = stream;
  }
  if (!oldest_) oldest_ = packet.span.start;
  newest_ = std::max(newest_, packet.span.start);
  has_key_ = has_key_ || is_key_picture(packet);
  if (packet.kind == StreamKind::kVideo && !has_key_) return;
  held_.push_back(packet);
  if (!has_key_) drop_old();
}

void HlsStart::drop_old() {
  while (!held_.empty() && held_.front().span.start < newest_ - kInterleaving) held_.pop_front();
}

bool HlsStart::is_ready() const {
  if (held_.empty()) return false;
  const Duration waited = newest_ - *oldest_;
  if (!audio_.is_settled() && waited < kSoundSettling) return false;
  if (!video_.is_settled() && waited < kPictureSettling) return false;
  return video_.stream == nullptr || has_key_;
}

std::vector<std::shared_ptr<const StreamInfo>> HlsStart::streams() const {
  std::vector<std::shared_ptr<const StreamInfo>> streams;
  for (const Kind* kind : {&video_, &audio_})
    if (kind->stream != nullptr) streams.push_back(kind->stream);
  return streams;
}

const MediaPacket& HlsStart::first() const {
  const auto found = std::ranges::find_if(held_, is_key_picture);
  return found != held_.end() ? *found : held_.front();
}

std::deque<MediaPacket> HlsStart::packets() const {
  const Timestamp start = first().span.start;
  std::deque<MediaPacket> packets;
  for (const MediaPacket& packet : held_) {
    const bool is_before =
        packet.kind == StreamKind::kAudio && packet.span.start < start && packet.span.end <= start;
    if (!is_before) packets.push_back(packet);
  }
  return packets;
}

void HlsStart::clear() {
  audio_.stream.reset();
  video_.stream.reset();
  has_key_ = false;
  oldest_.reset();
  newest_ = Timestamp::min();
  held_.clear();
}

}  // namespace attune::media
