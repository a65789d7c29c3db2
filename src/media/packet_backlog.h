#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/time.h"
#include "media/live_input.h"

namespace attune::media {

/// What a live source has given and nobody has taken yet. Beyond its bounds pictures are dropped,
/// oldest first, up to the next one that stands alone, for what follows a gap cannot be decoded;
/// sound, oldest first, only beyond four times as much. Discontinuities and the end stay. Not
/// thread-safe.
class PacketBacklog {
 public:
  static constexpr int kSoundFactor = 4;

  PacketBacklog(Duration longest, std::size_t most_bytes)
      : longest_(longest), most_bytes_(most_bytes) {}

  /// For sources that give so much at once.
  void set_allowance(Duration allowance) { allowance_ = allowance; }
  /// For sources that can wait while is_full(): nothing is dropped.
  void keep_all(bool on) { keeps_all_ = on; }

  void push(LiveItem item);
  std::optional<LiveItem> pop();
  /// The next pop() gives a discontinuity, later ones pictures from one that stands alone. Time of
  /// media that is handed out never goes back.
  void resume();
  void clear();

  bool empty() const { return entries_.empty() && !resumes_; }
  /// Whether a bound is reached.
  bool is_full() const { return duration() >= longest_ || bytes_ >= most_bytes_; }
  /// Media time of the packets, without what lies between stretches.
  Duration duration() const;
  std::size_t bytes() const { return bytes_; }
  std::int64_t pictures_dropped() const { return pictures_dropped_; }
  std::int64_t sound_dropped() const { return sound_dropped_; }

 private:
  struct Entry {
    LiveItem item;
    /// Media time given so far up to its end, gaps left out.
    Duration position{};
  };

  static bool is_picture(const LiveItem& item);
  bool is_over(int factor) const;
  Duration place(const LiveItem& item);
  void drop_pictures();
  void drop_sound();
  void drop_empty_stretches();
  void erase_pictures_before_key(std::size_t from);
  void let_go(const LiveItem& item);
  bool is_left_out(const LiveItem& item);
  LiveItem resumption();

  Duration longest_;
  std::size_t most_bytes_;
  Duration allowance_{};
  bool keeps_all_ = false;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  Duration position_{};
  Timestamp last_end_{};
  /// Pictures that come are dropped until one stands alone.
  bool needs_key_ = false;
  bool resumes_ = false;
  bool has_given_ = false;
  /// End of all that was handed out.
  Timestamp given_end_{};
  /// Of the last discontinuity handed out by resume(): what lies before it is left out, and
  /// pictures up to one that stands alone.
  Timestamp resumed_at_ = Timestamp::min();
  bool resumes_at_key_ = false;
  std::int64_t pictures_dropped_ = 0;
  std::int64_t sound_dropped_ = 0;
};

}  // namespace attune::media
