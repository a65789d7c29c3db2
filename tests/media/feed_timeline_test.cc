// The clock of a feed, with packets made up and a time that the test drives.

#include "media/feed_timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "media/arrival_log.h"
#include "media/clock_drift.h"
#include "media/libav.h"
#include "media/track_watch.h"

namespace attune::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kTicksPerMs = 90;
constexpr std::int64_t kWrap = std::int64_t{1} << 33;

std::shared_ptr<const StreamInfo> made_stream(int index, StreamKind kind) {
  StreamInfo info;
  info.index = index;
  info.kind = kind;
  info.time_base = {1, 90'000};
  info.frame_rate = {25, 1};
  return std::make_shared<const StreamInfo>(info);
}

class FeedTimelineTest : public testing::Test {
 protected:
  void begin() { timeline_.begin({audio_, video_}); }

  void give(const std::shared_ptr<const StreamInfo>& stream, std::int64_t ticks, Timestamp arrival,
            bool is_key = true, std::int64_t delay_ticks = 0) {
    PacketHandle packet = make_packet();
    packet->stream_index = stream->index;
    packet->dts = ticks & (kWrap - 1);
    packet->pts = (ticks + delay_ticks) & (kWrap - 1);
    packet->duration = 40 * kTicksPerMs;
    packet->flags = is_key ? AV_PKT_FLAG_KEY : 0;
    timeline_.take(std::move(packet), stream, 33, arrival);
  }
  /// Both streams, every 40 ms, from these ticks on, in real time.
  Timestamp run(std::int64_t ticks, Timestamp arrival, int count) {
    for (int i = 0; i < count; ++i, ticks += 40 * kTicksPerMs, arrival += milliseconds(40)) {
      give(audio_, ticks, arrival);
      give(video_, ticks, arrival, i % 25 == 0);
    }
    return arrival;
  }

  std::vector<Timestamp> breaks() const {
    std::vector<Timestamp> all;
    for (const LiveItem& item : items_)
      if (item.kind == LiveItem::Kind::kDiscontinuity) all.push_back(item.time);
    return all;
  }
  std::vector<Timestamp> starts(StreamKind kind) const {
    std::vector<Timestamp> all;
    for (const LiveItem& item : items_)
      if (item.kind == LiveItem::Kind::kPacket && item.packet.kind == kind)
        all.push_back(item.packet.span.start);
    return all;
  }
  /// `after_break`: the first packet of a new stretch.
  void expect_steps(StreamKind kind, Duration step, std::size_t after_break = 0) const {
    const std::vector<Timestamp> all = starts(kind);
    for (std::size_t i = 1; i < all.size(); ++i)
      ASSERT_EQ(all[i] - all[i - 1], step + (i == after_break ? kTokenPeriod : Duration{})) << i;
  }

  std::shared_ptr<const StreamInfo> audio_ = made_stream(0, StreamKind::kAudio);
  std::shared_ptr<const StreamInfo> video_ = made_stream(1, StreamKind::kVideo);
  std::vector<LiveItem> items_;
  FeedTimeline timeline_{[this](LiveItem item, Timestamp) { items_.push_back(std::move(item)); }};
};

TEST_F(FeedTimelineTest, TheEarliestFirstPacketLiesAtTheTokenAfterItsArrival) {
  begin();
  // The sound comes first but its times are later: the picture must not be cut off.
  give(audio_, 90'000, milliseconds(1010));
  give(video_, 90'000 - 100 * kTicksPerMs, milliseconds(1011));
  give(audio_, 90'000 + 40 * kTicksPerMs, milliseconds(1050));
  ASSERT_EQ(breaks(), std::vector<Timestamp>{milliseconds(1040)});
  EXPECT_EQ(starts(StreamKind::kVideo), std::vector<Timestamp>{milliseconds(1040)});
  EXPECT_EQ(starts(StreamKind::kAudio),
            (std::vector<Timestamp>{milliseconds(1140), milliseconds(1180)}));
  const AVPacket& packet = *items_.back().packet.data;
  EXPECT_EQ(to_timestamp(packet.pts, audio_->time_base), items_.back().packet.span.start);
  EXPECT_EQ(packet.pts, packet.dts);
}

TEST_F(FeedTimelineTest, AStreamThatIsSilentIsNotWaitedForLong) {
  begin();
  for (int i = 0; i < 20; ++i) give(audio_, i * 40 * kTicksPerMs, milliseconds(40 * i));
  EXPECT_EQ(breaks().size(), 1U);
  EXPECT_EQ(starts(StreamKind::kAudio).size(), 20U);
  EXPECT_EQ(starts(StreamKind::kAudio).front(), Timestamp{});
}

TEST_F(FeedTimelineTest, PicturesBeginWithOneThatStandsAlone) {
  begin();
  for (int i = 0; i < 20; ++i) {
    give(audio_, i * 40 * kTicksPerMs, milliseconds(40 * i));
    give(video_, i * 40 * kTicksPerMs, milliseconds(40 * i), i == 5 || i == 15);
  }
  ASSERT_EQ(starts(StreamKind::kVideo).size(), 15U);
  EXPECT_EQ(starts(StreamKind::kVideo).front(), milliseconds(200));
}

TEST_F(FeedTimelineTest, ACounterOf33BitsThatBeginsAnewGoesOn) {
  begin();
  // Pictures are shown two places after their decoding: both times wrap, not together.
  for (int i = 0; i < 200; ++i) {
    const std::int64_t ticks = kWrap - (100 * 40 - i * 40) * kTicksPerMs;
    give(audio_, ticks, milliseconds(40 * i));
    give(video_, ticks, milliseconds(40 * i), i % 25 == 0, 80 * kTicksPerMs);
  }
  EXPECT_EQ(breaks().size(), 1U);
  EXPECT_EQ(starts(StreamKind::kAudio).size(), 200U);
  EXPECT_EQ(starts(StreamKind::kVideo).size(), 200U);
  expect_steps(StreamKind::kAudio, milliseconds(40));
  expect_steps(StreamKind::kVideo, milliseconds(40));
  for (const LiveItem& item : items_) {
    if (item.kind == LiveItem::Kind::kPacket && item.packet.kind == StreamKind::kVideo) {
      EXPECT_EQ(item.packet.data->pts - item.packet.data->dts, 80 * kTicksPerMs);
    }
  }
}

TEST_F(FeedTimelineTest, JumpsInBothDirectionsAreAnchoredAnew) {
  for (const std::int64_t jump_ms : {3'000, -3'000, 3'600'000, -3'600'000}) {
    items_.clear();
    begin();
    const std::int64_t begin_ticks = 4'000'000 * kTicksPerMs;
    const auto before = breaks().size();
    const Timestamp arrival = run(begin_ticks, seconds(100'000), 50);
    run(begin_ticks + (50 * 40 + jump_ms) * kTicksPerMs, arrival, 50);
    ASSERT_EQ(breaks().size(), before + 2) << jump_ms;
    // A token of room for decoded sound that is longer than its packets say.
    expect_steps(StreamKind::kAudio, milliseconds(40), 50);
    EXPECT_EQ(starts(StreamKind::kAudio).size(), 100U) << jump_ms;
    EXPECT_EQ(starts(StreamKind::kVideo), starts(StreamKind::kAudio)) << jump_ms;
  }
  EXPECT_EQ(timeline_.jumps(), 4);
}

TEST_F(FeedTimelineTest, WhatComesLateOnTheOldClockEndsBeforeTheBreak) {
  begin();
  const Timestamp arrival = run(9'000'000, {}, 50);
  const std::int64_t next = 9'000'000 + 50 * 40 * kTicksPerMs;
  // The sound has jumped already, three pictures of before are still on their way.
  for (int i = 0; i < 3; ++i) {
    give(audio_, i * 40 * kTicksPerMs, arrival + milliseconds(40 * i));
    give(video_, next + i * 40 * kTicksPerMs, arrival + milliseconds(40 * i), false);
  }
  for (int i = 3; i < 10; ++i) {
    give(audio_, i * 40 * kTicksPerMs, arrival + milliseconds(40 * i));
    give(video_, (i - 3) * 40 * kTicksPerMs, arrival + milliseconds(40 * i), i == 3);
  }
  EXPECT_EQ(breaks().size(), 2U);
  EXPECT_EQ(starts(StreamKind::kVideo).size(), 60U);
  EXPECT_EQ(starts(StreamKind::kAudio).size(), 60U);
  // Beginnings lie together, as in the source.
  EXPECT_EQ(starts(StreamKind::kVideo)[53], starts(StreamKind::kAudio)[50]);
  Timestamp end{};
  for (const LiveItem& item : items_) {
    if (item.kind == LiveItem::Kind::kDiscontinuity) {
      EXPECT_GE(item.time, end);
    }
    end = std::max(end, item.packet.span.end);
  }
}

TEST_F(FeedTimelineTest, SegmentsOfAPublisherThatBeganAnewAreOneStretch) {
  begin();
  const Timestamp arrival = run(9'000'000, {}, 50);
  // Two seconds at once, after five of silence, picture first.
  for (int i = 0; i < 50; ++i)
    give(video_, i * 40 * kTicksPerMs, arrival + seconds(5), i % 25 == 0);
  for (int i = 0; i < 50; ++i) give(audio_, i * 40 * kTicksPerMs, arrival + seconds(5));
  for (int i = 50; i < 100; ++i) {
    give(video_, i * 40 * kTicksPerMs, arrival + seconds(7), i % 25 == 0);
    give(audio_, i * 40 * kTicksPerMs, arrival + seconds(7));
  }
  EXPECT_EQ(breaks().size(), 2U);
  EXPECT_EQ(starts(StreamKind::kAudio).size(), 150U);
  EXPECT_EQ(starts(StreamKind::kVideo), starts(StreamKind::kAudio));
}

TEST_F(FeedTimelineTest, AStreamThatJumpsAlonePlaysOnBesideTheOther) {
  begin();
  Timestamp arrival = run(9'000'000, {}, 50);
  for (int i = 0; i < 100; ++i, arrival += milliseconds(40)) {
    give(audio_, i * 40 * kTicksPerMs, arrival);
    give(video_, 9'000'000 + (50 + i) * 40 * kTicksPerMs, arrival, i % 25 == 0);
  }
  EXPECT_EQ(breaks().size(), 2U);
  EXPECT_EQ(starts(StreamKind::kAudio).size(), 150U);
  EXPECT_GE(starts(StreamKind::kVideo).size(), 140U);
  const Duration apart = starts(StreamKind::kAudio).back() - starts(StreamKind::kVideo).back();
  EXPECT_LT(apart < Duration{} ? -apart : apart, seconds(1));
}

TEST_F(FeedTimelineTest, SilenceIsNoJump) {
  begin();
  const Timestamp arrival = run(9'000'000, {}, 50);
  // Three seconds that were never sent.
  const Timestamp later = run(9'000'000 + 5'000 * kTicksPerMs, arrival + seconds(3), 50);
  // Three seconds that come late, all at once.
  for (int i = 0; i < 75; ++i)
    give(audio_, 9'000'000 + (7'000 + i * 40) * kTicksPerMs, later + seconds(3));
  EXPECT_EQ(breaks().size(), 1U);
  EXPECT_EQ(starts(StreamKind::kAudio).back() - starts(StreamKind::kAudio).front(),
            milliseconds(7'000 + 74 * 40));
}

TEST_F(FeedTimelineTest, ANewConnectionBeginsAfterAllThatWasGivenAndAfterItsArrival) {
  begin();
  // A burst of ten seconds at once lies ahead of the clock of this machine.
  for (int i = 0; i < 250; ++i) {
    give(audio_, i * 40 * kTicksPerMs, milliseconds(5));
    give(video_, i * 40 * kTicksPerMs, milliseconds(5), i % 25 == 0);
  }
  begin();
  run(700, seconds(2), 5);
  begin();
  run(123'456'789, seconds(60) + milliseconds(1), 5);
  EXPECT_EQ(breaks(),
            (std::vector<Timestamp>{milliseconds(40), milliseconds(10'080), milliseconds(60'040)}));
  EXPECT_EQ(timeline_.jumps(), 0);
}

TEST_F(FeedTimelineTest, StreamsWhoseClocksHaveNothingInCommonBeginTogether) {
  begin();
  for (int i = 0; i < 50; ++i) {
    give(audio_, i * 40 * kTicksPerMs, milliseconds(40 * i));
    give(video_, 1'000'000'000 + i * 40 * kTicksPerMs, milliseconds(40 * i), i % 25 == 0);
  }
  EXPECT_EQ(breaks().size(), 1U);
  EXPECT_EQ(starts(StreamKind::kVideo).size(), 50U);
  const Duration apart = starts(StreamKind::kAudio).back() - starts(StreamKind::kVideo).back();
  EXPECT_LE(apart < Duration{} ? -apart : apart, milliseconds(100));
}

TEST_F(FeedTimelineTest, TimesThatMakeNoSenseNeverGoBackOverABreak) {
  std::mt19937 random(7);
  begin();
  for (int i = 0; i < 2'000; ++i) {
    const std::int64_t ticks = static_cast<std::int64_t>(random()) * (random() % 3);
    give(random() % 2 == 0 ? audio_ : video_, ticks, milliseconds(20 * i), random() % 4 == 0);
    if (random() % 100 == 0) begin();
  }
  Timestamp end{};
  Timestamp begin{};
  ASSERT_GT(items_.size(), 100U);
  for (const LiveItem& item : items_) {
    if (item.kind == LiveItem::Kind::kDiscontinuity) {
      ASSERT_GE(item.time, end);
      ASSERT_EQ(item.time % kTokenPeriod, Duration{});
      begin = item.time;
      continue;
    }
    ASSERT_GE(item.packet.span.start, begin);
    end = std::max(end, item.packet.span.end);
  }
}

TEST(ClockDriftTest, IsFoundUnderTheJitterOfANetwork) {
  for (const double ppm : {-80.0, 0.0, 50.0, 300.0}) {
    std::mt19937 random(11);
    std::exponential_distribution<double> delay_s(1 / 0.030);
    ClockDrift drift;
    Timestamp arrival{};
    for (int i = 0; i < 25 * 600; ++i) {
      const Timestamp sent = milliseconds(40) * i;
      const Timestamp media = from_seconds(to_seconds(sent) * (1 + ppm * 1e-6));
      arrival = std::max(arrival, sent + from_seconds(delay_s(random)));
      drift.note(media, arrival);
      if (i == 25 * 55) {
        EXPECT_FALSE(drift.ppm());
      }
    }
    ASSERT_TRUE(drift.ppm());
    EXPECT_NEAR(*drift.ppm(), ppm, 10);
  }
}

TEST(ClockDriftTest, ABurstAtTheBeginningAndSegmentsDoNotBend) {
  ClockDrift drift;
  // Four seconds of media at once, every four seconds.
  for (int segment = 0; segment < 150; ++segment)
    for (int i = 0; i < 100; ++i)
      drift.note(seconds(4) * segment + milliseconds(40) * i,
                 seconds(4) * segment + milliseconds(i));
  ASSERT_TRUE(drift.ppm());
  EXPECT_NEAR(*drift.ppm(), 0, 10);
}

TEST(ArrivalLogTest, SaysWhenSoundAndPictureOfAMomentHadCome) {
  ArrivalLog log;
  EXPECT_FALSE(log.arrival({}));
  for (int i = 0; i < 100; ++i) {
    const TimeSpan span{milliseconds(40 * i), milliseconds(40 * i + 40)};
    log.note(StreamKind::kAudio, span, milliseconds(40 * i + 5));
    log.note(StreamKind::kVideo, span, milliseconds(40 * i + 25));
  }
  EXPECT_EQ(log.arrival(milliseconds(410)), milliseconds(425));
  EXPECT_FALSE(log.arrival(milliseconds(4'001)));
  // A minute later it is known no better than that it came at about its time.
  log.note(StreamKind::kAudio, {seconds(63), seconds(64)}, seconds(63));
  log.note(StreamKind::kVideo, {seconds(63), seconds(64)}, seconds(64));
  EXPECT_EQ(log.arrival(milliseconds(410)), milliseconds(410));
  EXPECT_EQ(log.arrival(seconds(30)), seconds(30));
  EXPECT_FALSE(log.arrival(seconds(65)));
  EXPECT_EQ(log.arrival(seconds(63)), seconds(64));
}

TEST(TrackWatchTest, AnotherTrackTakesThePlaceOfOneThatFellSilent) {
  TrackWatch watch(seconds(5));
  watch.take(StreamKind::kAudio, 1, true, {});
  EXPECT_FALSE(watch.note(StreamKind::kAudio, 2, seconds(1)));
  EXPECT_FALSE(watch.note(StreamKind::kAudio, 1, seconds(2)));
  EXPECT_FALSE(watch.note(StreamKind::kAudio, 2, seconds(7)));
  EXPECT_TRUE(watch.note(StreamKind::kAudio, 2, seconds(8)));
  watch.take(StreamKind::kAudio, 1, false, {});
  EXPECT_FALSE(watch.note(StreamKind::kAudio, 2, seconds(100)));
  // A picture that was not there when the feed began.
  EXPECT_FALSE(watch.note(StreamKind::kVideo, 0, seconds(1)));
  watch.take(StreamKind::kVideo, std::nullopt, true, {});
  EXPECT_TRUE(watch.note(StreamKind::kVideo, 0, seconds(1)));
}

}  // namespace
}  // namespace attune::media
