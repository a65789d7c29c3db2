#include "media/frame_sampler.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

VideoFrame make_gray(int width, int height, std::uint8_t value, TimeSpan span) {
  FrameHandle picture = make_frame();
  picture->format = AV_PIX_FMT_GRAY8;
  picture->width = width;
  picture->height = height;
  EXPECT_EQ(av_frame_get_buffer(picture.get(), 0), 0);
  for (int y = 0; y < height; ++y) {
    std::fill_n(picture->data[0] + y * picture->linesize[0], width, value);
  }
  VideoFrame frame;
  frame.span = span;
  frame.width = width;
  frame.height = height;
  frame.picture = std::move(picture);
  return frame;
}

/// Pictures 0, 1, 2... (their gray value) at the times given, in seconds; the last entry ends the
/// last picture.
std::vector<GridFrame> sample(const std::vector<double>& times, FrameSamplerOptions options) {
  FrameSampler sampler(options);
  std::vector<GridFrame> grid;
  for (std::size_t n = 0; n + 1 < times.size(); ++n) {
    sampler.push(make_gray(32, 16, static_cast<std::uint8_t>(n % 256),
                           {from_seconds(times[n]), from_seconds(times[n + 1])}),
                 [&](GridFrame g) { grid.push_back(std::move(g)); });
  }
  return grid;
}

std::vector<double> constant_rate(double rate, double start, int count) {
  std::vector<double> times;
  for (int n = 0; n <= count; ++n) times.push_back(start + n / rate);
  return times;
}

TEST(FrameSampler, ShowsAtEachTickThePictureOnDisplayThen) {
  for (const double rate : {10.0, 24000.0 / 1001, 25.0, 30000.0 / 1001, 50.0, 60.0}) {
    for (const double start : {0.0, -1.013, 1000.0071}) {
      SCOPED_TRACE(testing::Message() << rate << " from " << start);
      const int count = static_cast<int>(rate * 3);
      const std::vector<double> times = constant_rate(rate, start, count);
      const std::vector<GridFrame> grid = sample(times, {.detector_side = 0});
      const auto first = static_cast<TokenIndex>(std::ceil(start * 25 - 1e-9));
      ASSERT_EQ(grid.size(), static_cast<std::size_t>(std::ceil(times.back() * 25 - 1e-9)) - first);
      for (std::size_t i = 0; i < grid.size(); ++i) {
        EXPECT_EQ(grid[i].tick, first + static_cast<TokenIndex>(i));
        const double now = static_cast<double>(grid[i].tick) * 0.04;
        const auto shown = static_cast<int>(std::floor((now - start) * rate + 1e-6));
        EXPECT_EQ(grid[i].gray->pixels[0], shown % 256) << "tick " << grid[i].tick;
        EXPECT_NEAR(to_seconds(grid[i].picture_time), times[static_cast<std::size_t>(shown)], 1e-8);
      }
    }
  }
}

TEST(FrameSampler, HoldsAPictureForALimitedTime) {
  const std::vector<GridFrame> grid = sample({0, 2, 2.04}, {.detector_side = 0});
  // 0, 0.04 ... 0.48, and then the picture at 2 s.
  ASSERT_EQ(grid.size(), 14U);
  EXPECT_EQ(grid[12].tick, 12);
  EXPECT_EQ(grid[13].tick, 50);
  const std::vector<GridFrame> longer =
      sample({0, 2, 2.04}, {.detector_side = 0, .max_hold = std::chrono::seconds(10)});
  EXPECT_EQ(longer.size(), 51U);
}

TEST(FrameSampler, ARepeatedPictureIsShared) {
  const std::vector<GridFrame> grid = sample({0, 0.12, 0.16}, {.detector_side = 32});
  ASSERT_EQ(grid.size(), 4U);
  EXPECT_EQ(grid[0].gray, grid[2].gray);
  EXPECT_EQ(grid[0].bgr, grid[2].bgr);
  EXPECT_NE(grid[0].gray, grid[3].gray);
}

TEST(FrameSampler, GivesTheDetectorEveryNthTickAndTheFirstAfterAGap) {
  std::vector<double> times = constant_rate(25, 0.04, 10);
  times.push_back(2.04);
  times.push_back(2.08);
  times.push_back(2.12);
  const std::vector<GridFrame> grid = sample(
      times, {.detector_side = 8, .detector_every = 4, .max_hold = std::chrono::milliseconds(40)});
  std::vector<TokenIndex> with_image;
  for (const GridFrame& g : grid) {
    EXPECT_EQ(g.bgr == nullptr, g.bgr_scale == 0);
    if (g.bgr) with_image.push_back(g.tick);
  }
  EXPECT_EQ(with_image, (std::vector<TokenIndex>{1, 4, 8, 51, 52}));
}

TEST(FrameSampler, FitsTheLongSideAndNeverEnlarges) {
  FrameSampler sampler({.max_side = 100, .detector_side = 50});
  const TimeSpan span{Timestamp{}, kTokenPeriod};
  sampler.push(make_gray(100, 400, 7, span), [](const GridFrame& g) {
    EXPECT_EQ(g.width, 100);
    EXPECT_EQ(g.height, 400);
    EXPECT_EQ(g.gray->width, 25);
    EXPECT_EQ(g.gray->height, 100);
    EXPECT_FLOAT_EQ(g.gray_scale, 0.25F);
    EXPECT_EQ(g.bgr->height, 50);
    EXPECT_EQ(g.bgr->channels, 3);
    EXPECT_FLOAT_EQ(g.bgr_scale, 0.125F);
  });
  sampler.push(make_gray(40, 30, 7, {kTokenPeriod, 2 * kTokenPeriod}), [](const GridFrame& g) {
    EXPECT_EQ(g.gray->width, 40);
    EXPECT_FLOAT_EQ(g.gray_scale, 1);
    EXPECT_EQ(g.bgr->width, 40);
  });
}

TEST(FrameSampler, RefusesSidesAndStepsOutOfRange) {
  EXPECT_THROW(FrameSampler({.max_side = 0}), Error);
  EXPECT_THROW(FrameSampler({.detector_every = 0}), Error);
}

}  // namespace
}  // namespace attune::media
