#include "pipeline/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> take_all(Merge& merge) {
  std::vector<std::string> lines;
  while (const auto item = merge.next())
    lines.push_back(fmt::format("{}: {}", item->port, line_of(item->packet)));
  return lines;
}

TEST(Merge, HoldsAPacketUntilTheOtherPortIsKnownToBeBeyond) {
  Merge merge({true, true});
  merge.push(0, number_at(milliseconds(10), 1));
  EXPECT_THAT(take_all(merge), ElementsAre());
  merge.push(1, number_at(milliseconds(5), 2));
  EXPECT_THAT(take_all(merge), ElementsAre("1: 5 data 2"));
  // Port 1 may still send something at 9 ms.
  EXPECT_EQ(merge.waiting(), 1U);
  ASSERT_TRUE(merge.waits_for().has_value());
  EXPECT_EQ(merge.waits_for()->port, 1U);
  EXPECT_EQ(merge.waits_for()->since, milliseconds(5));
  merge.push(1, number_at(milliseconds(12), 3));
  EXPECT_THAT(take_all(merge), ElementsAre("0: 10 data 1"));
}

TEST(Merge, AtEqualTimesTheLowerPortComesFirst) {
  Merge merge({true, true});
  merge.push(1, number_at(milliseconds(10), 1));
  merge.push(0, number_at(milliseconds(10), 2));
  merge.push(0, number_at(milliseconds(10), 3));
  // Port 0 may send more at 10 ms, which would belong before port 1.
  EXPECT_THAT(take_all(merge), ElementsAre("0: 10 data 2", "0: 10 data 3"));
  merge.push(0, Packet::watermark(milliseconds(11)));
  EXPECT_THAT(take_all(merge), ElementsAre("1: 10 data 1"));
}

TEST(Merge, LatePortsAreNotWaitedForAndComeOutLast) {
  Merge merge({true, true}, {true, false});
  merge.push(1, number_at(milliseconds(10), 1));
  EXPECT_THAT(take_all(merge), ElementsAre("1: 10 data 1"));
  merge.push(0, number_at(milliseconds(5), 2));
  EXPECT_THAT(take_all(merge), ElementsAre());
  merge.push(1, Packet::end_of_stream(milliseconds(20)));
  EXPECT_THAT(take_all(merge), ElementsAre("0: 5 data 2"));
  EXPECT_FALSE(merge.finished());
  merge.push(0, Packet::end_of_stream(milliseconds(20)));
  EXPECT_TRUE(merge.finished());
}

TEST(Merge, WatermarksAndTheEndOfAPortLetTheOthersGoOn) {
  Merge merge({true, true});
  merge.push(0, number_at(milliseconds(10), 1));
  merge.push(0, number_at(milliseconds(20), 2));
  merge.push(1, Packet::watermark(milliseconds(15)));
  EXPECT_THAT(take_all(merge), ElementsAre("0: 10 data 1", "1: 15 watermark"));
  merge.push(1, Packet::end_of_stream(milliseconds(15)));
  EXPECT_THAT(take_all(merge), ElementsAre("0: 20 data 2"));
  EXPECT_FALSE(merge.finished());
  merge.push(0, Packet::end_of_stream(milliseconds(30)));
  EXPECT_TRUE(merge.finished());
}

TEST(Merge, UnconnectedPortsAreNotWaitedFor) {
  Merge merge({true, false});
  merge.push(0, number_at(milliseconds(10), 1));
  EXPECT_THAT(take_all(merge), ElementsAre("0: 10 data 1"));
}

/// The order that comes out must be the stable sort of everything by (start, port), however the
/// arrivals interleave.
TEST(Merge, TheOrderDoesNotDependOnTheArrivals) {
  struct Sent {
    std::size_t port;
    Packet packet;
  };
  std::mt19937 random(7);
  std::vector<std::vector<Packet>> ports(3);
  std::vector<Sent> expected;
  for (std::size_t port = 0; port < ports.size(); ++port) {
    int time = 0;
    for (int i = 0; i < 60; ++i) {
      time += static_cast<int>(random() % 4);
      ports[port].push_back(number_at(milliseconds(time), i));
      expected.push_back({port, ports[port].back()});
    }
  }
  std::stable_sort(expected.begin(), expected.end(), [](const Sent& a, const Sent& b) {
    return a.packet.span().start != b.packet.span().start
               ? a.packet.span().start < b.packet.span().start
               : a.port < b.port;
  });
  std::vector<std::string> expected_lines;
  for (const Sent& sent : expected) {
    expected_lines.push_back(fmt::format("{}: {}", sent.port, line_of(sent.packet)));
  }
  for (int trial = 0; trial < 50; ++trial) {
    Merge merge({true, true, true});
    std::vector<std::size_t> next(3, 0);
    std::vector<std::string> lines;
    while (!merge.finished()) {
      const std::size_t port = random() % 3;
      if (next[port] > ports[port].size()) continue;
      merge.push(port, next[port] < ports[port].size() ? ports[port][next[port]]
                                                       : Packet::end_of_stream({}));
      ++next[port];
      for (std::string& line : take_all(merge)) lines.push_back(std::move(line));
    }
    EXPECT_EQ(lines, expected_lines);
  }
}

}  // namespace
}  // namespace attune::pipeline
