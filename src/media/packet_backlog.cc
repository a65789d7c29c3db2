#include "media/packet_backlog.h"

#include <algorithm>
#include <iterator>

#include "media/libav.h"

namespace attune::media {
namespace {

using Kind = LiveItem::Kind;

bool stands_alone(const LiveItem& item) {
  return (item.packet.data->flags & AV_PKT_FLAG_KEY) != 0;
}

}  // namespace

bool PacketBacklog::is_picture(const LiveItem& item) {
  return item.kind == Kind::kPacket && item.packet.kind == StreamKind::kVideo;
}

Duration PacketBacklog::duration() const {
  for (const Entry& entry : entries_)
    if (entry.item.kind == Kind::kPacket) return position_ - entry.position;
  return {};
}

bool PacketBacklog::is_over(int factor) const {
  if (keeps_all_) return false;
  return duration() > longest_ * factor + allowance_ ||
         bytes_ > most_bytes_ * static_cast<std::size_t>(factor);
}

/// Position before an item; moves the position on by what the item adds.
Duration PacketBacklog::place(const LiveItem& item) {
  const Duration before = position_;
  if (item.kind == Kind::kDiscontinuity) last_end_ = item.time;
  if (item.kind == Kind::kPacket && item.packet.span.end > last_end_) {
    position_ += item.packet.span.end - last_end_;
    last_end_ = item.packet.span.end;
  }
  return before;
}

void PacketBacklog::push(LiveItem item) {
  // A stretch begins with a picture that stands alone.
  if (item.kind == Kind::kDiscontinuity) needs_key_ = false;
  if (is_picture(item) && needs_key_) {
    if (!stands_alone(item)) {
      ++pictures_dropped_;
      return;
    }
    needs_key_ = false;
  }
  const Duration position = place(item);
  if (item.kind == Kind::kPacket) bytes_ += item.packet.bytes();
  entries_.push_back({std::move(item), position});
  while (is_over(1)) {
    const std::int64_t before = pictures_dropped_;
    drop_pictures();
    if (pictures_dropped_ == before) break;
  }
  if (is_over(kSoundFactor)) drop_sound();
  drop_empty_stretches();
}

/// Of breaks with nothing left in between the last one says all.
void PacketBacklog::drop_empty_stretches() {
  const auto is_break = [](const Entry& entry) { return entry.item.kind == Kind::kDiscontinuity; };
  while (entries_.size() >= 2 && is_break(entries_[0]) && is_break(entries_[1]))
    entries_.pop_front();
}

void PacketBacklog::let_go(const LiveItem& item) {
  bytes_ -= item.packet.bytes();
  ++(is_picture(item) ? pictures_dropped_ : sound_dropped_);
}

/// Drops pictures from an entry on up to one that stands alone; when there is none, those that come
/// are dropped too.
void PacketBacklog::erase_pictures_before_key(std::size_t from) {
  bool found = false;
  std::deque<Entry> kept;
  for (std::size_t i = from; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    // A new stretch begins with one.
    found = found || entry.item.kind == Kind::kDiscontinuity ||
            (is_picture(entry.item) && stands_alone(entry.item));
    if (found || !is_picture(entry.item)) {
      kept.push_back(std::move(entry));
    } else {
      let_go(entry.item);
    }
  }
  entries_.resize(from);
  std::ranges::move(kept, std::back_inserter(entries_));
  if (!found) needs_key_ = true;
}

void PacketBacklog::drop_pictures() {
  const auto first =
      std::ranges::find_if(entries_, [](const Entry& e) { return is_picture(e.item); });
  if (first == entries_.end()) return;
  const auto at = static_cast<std::size_t>(first - entries_.begin());
  let_go(first->item);
  entries_.erase(first);
  erase_pictures_before_key(at);
}

void PacketBacklog::drop_sound() {
  for (auto it = entries_.begin(); it != entries_.end() && is_over(kSoundFactor);) {
    if (it->item.kind != Kind::kPacket) {
      ++it;
      continue;
    }
    let_go(it->item);
    it = entries_.erase(it);
  }
}

void PacketBacklog::resume() {
  // The first item is a discontinuity in any case.
  if (has_given_) resumes_ = true;
}

LiveItem PacketBacklog::resumption() {
  resumes_ = false;
  resumes_at_key_ = true;
  LiveItem item;
  item.kind = Kind::kDiscontinuity;
  item.time = token_time(token_ceil(given_end_));
  for (const Entry& entry : entries_) {
    if (entry.item.kind != Kind::kPacket) break;
    if (is_picture(entry.item) && !stands_alone(entry.item)) continue;
    // Nearer to what follows, where something is missing in between.
    item.time = std::max(item.time, token_time(token_floor(entry.item.packet.span.start)));
    break;
  }
  given_end_ = resumed_at_ = item.time;
  return item;
}

/// Whether a packet belongs before the resumption.
bool PacketBacklog::is_left_out(const LiveItem& item) {
  const bool is_early = item.packet.span.start < resumed_at_;
  if (!is_picture(item) || !resumes_at_key_) return is_early;
  if (is_early || !stands_alone(item)) return true;
  resumes_at_key_ = false;
  return false;
}

std::optional<LiveItem> PacketBacklog::pop() {
  if (resumes_) {
    if (entries_.empty() || entries_.front().item.kind == Kind::kPacket) return resumption();
    resumes_ = false;
  }
  while (!entries_.empty()) {
    LiveItem item = std::move(entries_.front().item);
    entries_.pop_front();
    if (item.kind == Kind::kDiscontinuity) {
      has_given_ = true;
      resumes_at_key_ = false;
      given_end_ = std::max(given_end_, item.time);
    }
    if (item.kind == Kind::kPacket) {
      bytes_ -= item.packet.bytes();
      if (is_left_out(item)) continue;
      given_end_ = std::max(given_end_, item.packet.span.end);
    }
    return item;
  }
  return std::nullopt;
}

void PacketBacklog::clear() {
  entries_.clear();
  bytes_ = 0;
  resumes_ = false;
}

}  // namespace attune::media
