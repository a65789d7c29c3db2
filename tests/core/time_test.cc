#include "core/time.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

TEST(TokenGrid, FloorAndCeilEncloseEveryTimeAlsoBeforeZero) {
  for (std::int64_t ms = -200; ms <= 200; ++ms) {
    const Timestamp t = ms * 1ms;
    EXPECT_LE(token_time(token_floor(t)), t);
    EXPECT_GT(token_time(token_floor(t) + 1), t);
    EXPECT_GE(token_time(token_ceil(t)), t);
    EXPECT_LT(token_time(token_ceil(t) - 1), t);
  }
}

TEST(Time, OverlapIsZeroForDisjointSpans) {
  EXPECT_EQ(overlap({0s, 2s}, {1s, 5s}), 1s);
  EXPECT_EQ(overlap({0s, 1s}, {1s, 2s}), 0s);
  EXPECT_EQ(overlap({0s, 1s}, {3s, 4s}), 0s);
}

TEST(Time, FormatsWithHoursRoundingAndSign) {
  EXPECT_EQ(format_timestamp(0s), "00:00:00.000");
  EXPECT_EQ(format_timestamp(3723s + 456ms), "01:02:03.456");
  EXPECT_EQ(format_timestamp(1999'600us), "00:00:02.000");
  EXPECT_EQ(format_timestamp(-1500ms), "-00:00:01.500");
  EXPECT_EQ(format_timestamp(100h), "100:00:00.000");
}

TEST(Time, ParsesDurationsWithUnits) {
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("2min"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("3"), 3s);
}

TEST(Time, RejectsWhatIsNotADuration) {
  for (const char* text : {"", "s", "1 s", "1x", "nan", "1e300s", "1s2"}) {
    EXPECT_THROW(parse_duration(text), Error) << text;
  }
}

}  // namespace
}  // namespace attune
