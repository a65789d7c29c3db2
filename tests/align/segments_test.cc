#include "align/segments.h"

#include <gtest/gtest.h>

#include <functional>

namespace attune::align {
namespace {

using namespace std::chrono_literals;
using Logit = std::function<float(TokenIndex)>;

constexpr float kYes = 4;
constexpr float kNo = -4;

Logit speaks(TokenIndex from, TokenIndex to) {
  return [=](TokenIndex t) { return from <= t && t < to ? kYes : kNo; };
}
Logit either(const Logit& a, const Logit& b) {
  return [=](TokenIndex t) { return std::max(a(t), b(t)); };
}

struct Person {
  TrackId track;
  SpeakerId speaker;
  Logit logit;
};

std::vector<SpeechSegment> segments(const std::vector<Person>& people, const Logit& off_screen,
                                    TokenIndex ticks, int window = 25,
                                    SegmentOptions options = {}) {
  SegmentBuilder builder(options);
  std::vector<SpeechSegment> found;
  for (TokenIndex first = 0; first < ticks; first += window) {
    AlignmentWindow w;
    w.first = first;
    w.length = window;
    for (const Person& person : people) {
      TrackAlignment track{person.track, person.speaker, first, {}, {}};
      for (int i = 0; i < window; ++i) track.speaking.push_back(person.logit(first + i));
      w.tracks.push_back(track);
    }
    for (int i = 0; i < window; ++i) w.off_screen.push_back(off_screen(first + i));
    for (auto& segment : builder.push(w)) found.push_back(segment);
  }
  for (auto& segment : builder.flush()) found.push_back(segment);
  return found;
}

TEST(Segments, FollowTurnsOverlapAndOffScreenSpeech) {
  const auto found =
      segments({{1, 1, speaks(10, 60)}, {2, 2, speaks(50, 100)}}, speaks(120, 150), 200);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].span, (TimeSpan{400ms, 2400ms}));
  EXPECT_EQ(found[0].speaker, 1);
  EXPECT_EQ(found[1].span, (TimeSpan{2s, 4s}));
  EXPECT_EQ(found[1].speaker, 2);
  EXPECT_EQ(found[2].span, (TimeSpan{4800ms, 6s}));
  EXPECT_FALSE(found[2].on_screen());
}

TEST(Segments, BridgePausesAndDropBlips) {
  const auto found =
      segments({{1, 1, either(either(speaks(10, 30), speaks(36, 60)), speaks(100, 104))}},
               speaks(0, 0), 150);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].span, (TimeSpan{400ms, 2400ms}));
}

TEST(Segments, HysteresisIgnoresWaveringBetweenTheThresholds) {
  const Logit wavering = [](TokenIndex t) {
    return t < 10 ? kNo : t == 10 ? 1.0f : t < 40 ? 0.0f : kNo;
  };
  const auto found = segments({{1, 1, wavering}}, speaks(0, 0), 75);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].span, (TimeSpan{400ms, 1600ms}));
}

TEST(Segments, OffScreenYieldsToAVisibleSpeaker) {
  const auto found = segments({{1, 1, speaks(20, 60)}}, speaks(20, 60), 100);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].speaker, 1);
}

TEST(Segments, ShortSpeechOffScreenAtTheEdgesOfATurnBelongsToIt) {
  const auto found =
      segments({{1, 1, speaks(30, 60)}}, either(speaks(15, 30), speaks(60, 70)), 100);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].span, (TimeSpan{600ms, 2800ms}));
  EXPECT_EQ(found[0].speaker, 1);
}

TEST(Segments, LongSpeechOffScreenNextToATurnStaysOffScreen) {
  const auto found = segments({{1, 1, speaks(30, 60)}}, speaks(60, 120), 150);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].span, (TimeSpan{1200ms, 2400ms}));
  EXPECT_EQ(found[1].span, (TimeSpan{2400ms, 4800ms}));
  EXPECT_FALSE(found[1].on_screen());
}

TEST(Segments, JoinedTracksAreOneSpeaker) {
  const auto found = segments({{1, 1, speaks(10, 40)}, {2, 1, speaks(40, 70)}}, speaks(0, 0), 100);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].span, (TimeSpan{400ms, 2800ms}));
  EXPECT_EQ(found[0].tracks, (std::vector<TrackId>{1, 2}));
}

TEST(Segments, AreTheSameForEveryWindowLengthAndInOrderOfTime) {
  const std::vector<Person> people{{1, 1, either(speaks(5, 400), speaks(430, 480))},
                                   {2, 2, either(speaks(30, 50), speaks(90, 120))}};
  const auto reference = segments(people, speaks(485, 500), 500, 500);
  for (const int window : {1, 5, 20, 25, 125}) {
    const auto found = segments(people, speaks(485, 500), 500, window);
    ASSERT_EQ(found.size(), reference.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].span, reference[i].span);
      EXPECT_EQ(found[i].speaker, reference[i].speaker);
      if (i > 0) {
        EXPECT_LE(found[i - 1].span.start, found[i].span.start);
      }
    }
  }
}

// Live, who has finished is told at once, also while somebody who began before goes on.
TEST(Segments, ComeInOrderOfTheirEndsWhereThatIsAsked) {
  const std::vector<Person> people{{1, 1, speaks(5, 400)}, {2, 2, speaks(30, 50)}};
  SegmentOptions options;
  options.in_order_of_end = true;
  const auto found = segments(people, speaks(0, 0), 500, 5, options);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].speaker, 2);
  EXPECT_EQ(found[1].speaker, 1);
  const auto in_order = segments(people, speaks(0, 0), 500, 5);
  EXPECT_EQ(found[0].span, in_order[1].span);
  EXPECT_EQ(found[1].span, in_order[0].span);
}

TEST(Segments, TellWhoSpeaksAtTheMoment) {
  SegmentBuilder builder;
  AlignmentWindow window;
  window.length = 10;
  window.tracks.push_back({1, 7, 0, std::vector<float>(10, 1.0f), std::vector<float>(10, kYes)});
  window.off_screen.assign(10, kNo);
  EXPECT_TRUE(builder.speaking().empty());
  builder.push(window);
  ASSERT_EQ(builder.speaking().size(), 1u);
  EXPECT_EQ(builder.speaking()[0].speaker, 7);
  EXPECT_EQ(builder.speaking()[0].span, (TimeSpan{0s, token_time(10)}));
  builder.restart(100);
  EXPECT_TRUE(builder.speaking().empty());
}

TEST(Segments, MonologuesAreDivided) {
  SegmentOptions options;
  options.maximum_length = 10s;
  const auto found = segments({{1, 1, speaks(0, 1000)}}, speaks(0, 0), 1000, 25, options);
  ASSERT_EQ(found.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(found[i].span.duration(), 10s);
}

}  // namespace
}  // namespace attune::align
