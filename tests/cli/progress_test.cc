#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "program_runner.h"

namespace attune::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const pipeline::Progress kHalf{seconds(42), seconds(50), seconds(84), milliseconds(4200)};
const pipeline::Progress kLive{seconds(42), seconds(50), Duration{}, milliseconds(4200)};
const pipeline::Progress kNothing{};

TEST(Progress, SpeedAndTimeLeft) {
  EXPECT_DOUBLE_EQ(speed(kHalf).value(), 10.0);
  EXPECT_EQ(time_left(kHalf).value(), milliseconds(4200));
  EXPECT_FALSE(time_left(kLive).has_value());
  EXPECT_FALSE(speed(kNothing).has_value());
}

TEST(Progress, StatusLineFitsTheTerminal) {
  EXPECT_EQ(status_line("scene.mp4", kHalf, 71),
            "scene.mp4 [##########----------] 00:00:42 / 00:01:24  10.0x  ETA 00:04");
  EXPECT_EQ(status_line("scene.mp4", kLive, 80), "scene.mp4 00:00:42  10.0x");
  EXPECT_EQ(status_line("scene.mp4", kNothing, 80), "scene.mp4 00:00:00");
  for (int columns = 1; columns < 120; ++columns) {
    EXPECT_LT(status_line("scene.mp4", kHalf, columns).size(), static_cast<std::size_t>(columns));
  }
}

TEST(Progress, PlainLine) {
  EXPECT_EQ(progress_line("scene.mp4", kHalf),
            "scene.mp4: 00:00:42 of 00:01:24 (50 %), 10.0 x real time, 00:04 left");
  EXPECT_EQ(progress_line("cam", kLive), "cam: 00:00:42, 10.0 x real time");
}

TEST(Progress, Event) {
  const auto event = progress_event("scene.mp4", kHalf);
  EXPECT_EQ(event["done"], 42.0);
  EXPECT_EQ(event["total"], 84.0);
  EXPECT_EQ(event["speed"], 10.0);
  EXPECT_FALSE(progress_event("cam", kLive).contains("total"));
}

TEST(Progress, WithoutATerminalALineComesEveryTenSeconds) {
  const TemporaryFolder folder;
  const auto file = folder / "err";
  std::FILE* stream = std::fopen(file.c_str(), "w");
  ASSERT_NE(stream, nullptr);
  {
    Console console(stream, Style::kText);
    ProgressDisplay display(console, "x");
    for (int wall = 1; wall <= 25; ++wall) {
      display.show({seconds(wall), seconds(wall), seconds(100), seconds(wall)});
    }
  }
  std::fclose(stream);
  EXPECT_EQ(read_text(file),
            "x: 00:00:10 of 00:01:40 (10 %), 1.0 x real time, 01:30 left\n"
            "x: 00:00:20 of 00:01:40 (20 %), 1.0 x real time, 01:20 left\n");
}

}  // namespace
}  // namespace attune::cli
