// What a live source gave and nobody took: bounded, sound last.

#include "media/packet_backlog.h"

#include <gtest/gtest.h>

#include "media/libav.h"

namespace attune::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMuch = std::size_t{1} << 30;

LiveItem waiting_packet(StreamKind kind, Timestamp start, bool is_key = true, int bytes = 100) {
  LiveItem item;
  item.time = start;
  item.packet.kind = kind;
  item.packet.span = {start, start + milliseconds(40)};
  PacketHandle packet = make_packet();
  EXPECT_EQ(av_new_packet(packet.get(), bytes), 0);
  packet->flags = is_key ? AV_PKT_FLAG_KEY : 0;
  item.packet.data = std::shared_ptr<const AVPacket>(packet.release(), AvDelete());
  return item;
}

LiveItem waiting_break(Timestamp time) {
  LiveItem item;
  item.kind = LiveItem::Kind::kDiscontinuity;
  item.time = time;
  return item;
}

/// Sound and picture of 25 a second, a picture that stands alone every second.
void fill(PacketBacklog& backlog, int from, int to) {
  for (int i = from; i < to; ++i) {
    backlog.push(waiting_packet(StreamKind::kAudio, milliseconds(40 * i)));
    backlog.push(waiting_packet(StreamKind::kVideo, milliseconds(40 * i), i % 25 == 0));
  }
}

struct Emptied {
  std::vector<Timestamp> sound;
  std::vector<Timestamp> pictures;
  std::vector<Timestamp> breaks;
  bool first_picture_stands_alone = false;
};

Emptied empty(PacketBacklog& backlog) {
  Emptied all;
  while (const auto item = backlog.pop()) {
    if (item->kind == LiveItem::Kind::kDiscontinuity) {
      all.breaks.push_back(item->time);
    } else if (item->packet.kind == StreamKind::kAudio) {
      all.sound.push_back(item->time);
    } else {
      if (all.pictures.empty())
        all.first_picture_stands_alone = (item->packet.data->flags & AV_PKT_FLAG_KEY) != 0;
      all.pictures.push_back(item->time);
    }
  }
  return all;
}

TEST(PacketBacklogTest, KeepsWhatIsWithinItsBounds) {
  PacketBacklog backlog(seconds(10), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 249);
  EXPECT_EQ(backlog.duration(), milliseconds(249 * 40));
  const Emptied all = empty(backlog);
  EXPECT_EQ(all.sound.size(), 249U);
  EXPECT_EQ(all.pictures.size(), 249U);
  EXPECT_EQ(backlog.pictures_dropped() + backlog.sound_dropped(), 0);
  EXPECT_EQ(backlog.bytes(), 0U);
}

TEST(PacketBacklogTest, DropsPicturesUpToOneThatStandsAloneAndKeepsTheSound) {
  PacketBacklog backlog(seconds(10), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 500);
  const Emptied all = empty(backlog);
  EXPECT_EQ(all.breaks.size(), 1U);
  EXPECT_EQ(all.sound.size(), 500U);
  EXPECT_EQ(backlog.sound_dropped(), 0);
  EXPECT_EQ(all.pictures.size() + static_cast<std::size_t>(backlog.pictures_dropped()), 500U);
  EXPECT_GT(backlog.pictures_dropped(), 0);
}

TEST(PacketBacklogTest, PicturesComeAgainOnceThereIsRoom) {
  PacketBacklog backlog(seconds(2), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 110);
  empty(backlog);
  const std::int64_t dropped = backlog.pictures_dropped();
  EXPECT_GT(dropped, 0);
  fill(backlog, 110, 150);
  const Emptied all = empty(backlog);
  // 110 to 124 follow a gap.
  ASSERT_EQ(all.pictures.size(), 25U);
  EXPECT_EQ(all.pictures.front(), milliseconds(40 * 125));
  EXPECT_TRUE(all.first_picture_stands_alone);
  EXPECT_EQ(backlog.pictures_dropped(), dropped + 15);
}

TEST(PacketBacklogTest, SoundIsDroppedBeyondFourTimesAsMuch) {
  PacketBacklog backlog(seconds(2), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 1'000);
  EXPECT_LE(backlog.duration(), seconds(8));
  EXPECT_EQ(backlog.sound_dropped(), 800);
  const Emptied all = empty(backlog);
  ASSERT_EQ(all.sound.size(), 200U);
  EXPECT_EQ(all.sound.back(), milliseconds(40 * 999));
}

TEST(PacketBacklogTest, BytesAreBoundedToo) {
  PacketBacklog backlog(seconds(1'000), 10'000);
  backlog.push(waiting_break({}));
  for (int i = 0; i < 2'000; ++i)
    backlog.push(waiting_packet(StreamKind::kVideo, milliseconds(40 * i), i % 10 == 0, 900));
  EXPECT_LE(backlog.bytes(), 10'000U);
  for (int i = 2'000; i < 4'000; ++i)
    backlog.push(waiting_packet(StreamKind::kAudio, milliseconds(40 * i), true, 900));
  EXPECT_LE(backlog.bytes(), 40'000U);
  EXPECT_GT(backlog.bytes(), 30'000U);
}

TEST(PacketBacklogTest, TimeBetweenStretchesIsNoBacklog) {
  PacketBacklog backlog(seconds(10), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 25);
  backlog.push(waiting_break(milliseconds(40 * 50'000)));
  fill(backlog, 50'000, 50'025);
  EXPECT_EQ(backlog.duration(), seconds(2));
  EXPECT_EQ(empty(backlog).pictures.size(), 50U);
}

TEST(PacketBacklogTest, BreaksThatNobodyTakesDoNotPileUp) {
  PacketBacklog backlog(seconds(1), kMuch);
  for (int stretch = 0; stretch < 100; ++stretch) {
    backlog.push(waiting_break(seconds(10) * stretch));
    fill(backlog, 250 * stretch, 250 * stretch + 25);
  }
  const Emptied all = empty(backlog);
  EXPECT_LE(all.breaks.size(), 6U);
  EXPECT_EQ(all.breaks.back(), seconds(990));
}

TEST(PacketBacklogTest, ResumingBeginsWithABreakAndAPictureThatStandsAlone) {
  PacketBacklog backlog(seconds(10), kMuch);
  backlog.push(waiting_break({}));
  fill(backlog, 0, 60);
  Timestamp end{};
  for (int i = 0; i < 21; ++i) end = backlog.pop()->packet.span.end;
  backlog.resume();
  const Emptied all = empty(backlog);
  ASSERT_EQ(all.breaks.size(), 1U);
  EXPECT_GE(all.breaks.front(), end);
  EXPECT_LT(all.breaks.front(), end + kTokenPeriod);
  EXPECT_EQ(all.sound.front(), milliseconds(400));
  EXPECT_EQ(all.pictures.front(), seconds(1));
  EXPECT_TRUE(all.first_picture_stands_alone);
  // Nothing was there: the break comes alone, and pictures begin with one that stands alone.
  backlog.resume();
  EXPECT_FALSE(backlog.empty());
  fill(backlog, 60, 80);
  const Emptied rest = empty(backlog);
  EXPECT_EQ(rest.breaks, std::vector<Timestamp>{milliseconds(2'400)});
  EXPECT_EQ(rest.pictures.front(), seconds(3));
}

TEST(PacketBacklogTest, ResumingWhereABreakIsNextGivesOne) {
  PacketBacklog backlog(seconds(10), kMuch);
  backlog.resume();
  EXPECT_TRUE(backlog.empty());
  backlog.push(waiting_break(seconds(1)));
  EXPECT_EQ(empty(backlog).breaks.size(), 1U);
  backlog.push(waiting_break(seconds(2)));
  backlog.resume();
  EXPECT_EQ(empty(backlog).breaks, std::vector<Timestamp>{seconds(2)});
}

}  // namespace
}  // namespace attune::media
