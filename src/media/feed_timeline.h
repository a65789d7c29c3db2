#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/time.h"
#include "media/live_input.h"

namespace attune::media {

/// Puts the packets of a source, connection after connection, on the clock of the feed.
///
/// After every break (begin(), or a jump of the source's clock) there is a stretch: one
/// discontinuity, then packets whose times differ from the source's by a constant. Its anchor, the
/// time of the discontinuity, is the first token at or after the arrival of the stretch's first
/// packet and a token after the end of everything before. The earliest packet of the streams lies
/// there; for that the first packets are held until each stream has sent one, half a second at the
/// most. Streams whose clocks have nothing to do with each other are anchored each by its own
/// arrival.
///
///  - Pictures before the first one that stands alone are left out.
///  - A counter that begins anew (33 bits of MPEG-TS) goes on.
///  - A jump is a step of more than two seconds that the time of arrival does not explain: a source
///    that was silent for three seconds may leave out three seconds, or send them late.
///
/// Memory: the packets held. Not thread-safe.
class FeedTimeline {
 public:
  using Sink = std::function<void(LiveItem item, Timestamp arrival)>;

  static constexpr Duration kJump = std::chrono::seconds(2);

  explicit FeedTimeline(Sink sink) : sink_(std::move(sink)) {}

  /// What comes from here on is of another connection, or these are other streams than before.
  /// `first_arrival`: when the first packet came, where that is longer ago than its taking.
  void begin(const std::vector<std::shared_ptr<const StreamInfo>>& streams,
             std::optional<Timestamp> first_arrival = std::nullopt);

  /// A packet of one of the streams. `wrap_bits`: length of the stream's counter; `arrival` on the
  /// clock of the feed.
  void take(PacketHandle packet, const std::shared_ptr<const StreamInfo>& stream, int wrap_bits,
            Timestamp arrival);

  /// The connection has ended: what is held comes out.
  void finish();

  /// Discontinuities so far.
  std::int64_t breaks() const { return breaks_; }
  /// Jumps of the source's clock so far.
  std::int64_t jumps() const { return jumps_; }

 private:
  struct Held {
    PacketHandle packet;
    std::shared_ptr<const StreamInfo> stream;
    /// In decoding order, on the source's clock.
    Timestamp time{};
    Timestamp arrival{};
  };
  struct Track {
    Ratio time_base{1, 1000};
    /// What the wraps so far add.
    std::int64_t wrapped = 0;
    bool has_come = false;
    /// Decoding time, length and arrival of the last packet, on the source's clock.
    Timestamp last{};
    Duration length{};
    Timestamp arrival{};
    /// Of the current stretch: what is added to the source's ticks; nothing before its first
    /// packet.
    std::optional<std::int64_t> shift;
    bool needs_key = false;
    /// Arrival of the first picture left out for that.
    std::optional<Timestamp> needs_key_since;
  };

  void unwrap(AVPacket& packet, Track& track, int wrap_bits) const;
  bool is_jump(const Track& track, Timestamp time, Timestamp arrival) const;
  void leave_clock(int index, Track& track);
  bool is_complete(Timestamp now) const;
  void anchor();
  void join(Track& track, const Held& first) const;
  void emit(Held held);

  Sink sink_;
  std::map<int, Track> tracks_;
  /// First packets of the next stretch. Tracks with a shift meanwhile go on with the last one.
  std::vector<Held> held_;
  std::optional<Timestamp> first_arrival_;
  bool is_gathering_ = true;
  /// Of the current stretch, on the feed's clock and on the source's.
  Timestamp anchor_{};
  Timestamp anchor_source_{};
  Timestamp last_end_{};
  std::int64_t breaks_ = 0;
  std::int64_t jumps_ = 0;
};

}  // namespace attune::media
