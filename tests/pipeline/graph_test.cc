#include "pipeline/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::ElementsAre;

class GraphTest : public ::testing::TestWithParam<int> {
 protected:
  RunOptions options() const {
    RunOptions options;
    options.threads = GetParam();
    return options;
  }
  TestNodes nodes;
};

TEST_P(GraphTest, PacketsReachTheSinkInOrderThenItEnds) {
  nodes.counting_source("count", 3);
  nodes.collector();
  const RunResult result =
      nodes.run("nodes: {s: {type: count}, c: {type: collect, in: s}}", options());
  EXPECT_THAT(nodes.seen, ElementsAre("a: 0 data 0", "a: 10 data 1", "a: 20 data 2"));
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.end, milliseconds(30));
}

TEST_P(GraphTest, ParallelNodesKeepTheOrderAndFillGapsWithWatermarks) {
  constexpr int kCount = 300;
  nodes.counting_source("count", kCount);
  nodes.node("odd", 1, 1, Concurrency::kParallel,
             [](std::size_t, const Packet& packet, Emitter& out) {
               const int value = packet.get<Number>().value;
               uneven_work(static_cast<std::uint32_t>(value));
               if (value % 2 == 1) out.emit(Packet::data(packet.span(), Number{value * 10}));
             });
  nodes.collector();
  nodes.run(
      "nodes: {s: {type: count}, p: {type: odd, in: s}, q: {type: odd, in: p}, c: {type: collect, "
      "in: p}}",
      options());
  ASSERT_EQ(nodes.seen.size(), kCount);
  for (int i = 0; i < kCount; ++i) {
    const std::string expected = i % 2 == 1 ? fmt::format("a: {} data {}", 10 * i, 10 * i)
                                            : fmt::format("a: {} watermark", 10 * i);
    EXPECT_EQ(nodes.seen[static_cast<std::size_t>(i)], expected);
  }
}

TEST_P(GraphTest, PacketsThatArriveTogetherAreTakenTogether) {
  nodes.source("five", 1, [](int, Emitter& out) {
    for (int i = 0; i < 5; ++i) out.emit(number_at(milliseconds(10 * i), i));
    out.emit(Packet::discontinuity(milliseconds(50)));
    out.emit(number_at(milliseconds(60), 5));
    return false;
  });
  // Each packet becomes the number of those that came with it, times 10, and its place; the last
  // of a full group becomes nothing.
  nodes.together_node("three", 3, [](std::span<const Packet> packets, Emitter& out) {
    for (std::size_t i = 0; i < std::min<std::size_t>(packets.size(), 2); ++i)
      out.emit(Packet::data(packets[i].span(), Number{static_cast<int>(10 * packets.size() + i)}));
  });
  nodes.collector();
  nodes.run("nodes: {s: {type: five}, t: {type: three, in: s}, c: {type: collect, in: t}}",
            options());
  EXPECT_THAT(nodes.seen, ElementsAre("a: 0 data 30", "a: 10 data 31", "a: 30 data 20",
                                      "a: 40 data 21", "50 discontinuity", "a: 60 data 10"));
}

TEST_P(GraphTest, SeveralInputsAreMergedByTimeThenPort) {
  nodes.source("two", 2, [](int i, Emitter& out) {
    out.emit(0, number_at(milliseconds(20 * i), i));
    out.emit(1, number_at(milliseconds(10 * i), 100 + i));
    return i < 3;
  });
  nodes.collector(2);
  nodes.run("nodes: {s: {type: two}, c: {type: collect_all, in: {a: s.a, b: s.b}}}", options());
  EXPECT_THAT(nodes.seen,
              ElementsAre("a: 0 data 0", "b: 0 data 100", "b: 10 data 101", "a: 20 data 1",
                          "b: 20 data 102", "b: 30 data 103", "a: 40 data 2", "a: 60 data 3"));
}

TEST_P(GraphTest, SignalsTravelInOrderThroughParallelNodes) {
  nodes.source("signals", 1, [](int i, Emitter& out) {
    if (i == 0) out.emit(number_at(milliseconds(0), 1));
    if (i == 1) out.emit(Packet::discontinuity(milliseconds(50)));
    if (i == 2) out.emit(number_at(milliseconds(60), 2));
    if (i == 3) out.emit(Packet::watermark(milliseconds(90)));
    return i < 3;
  });
  nodes.node("copy", 1, 1, Concurrency::kParallel,
             [](std::size_t, const Packet& packet, Emitter& out) { out.emit(packet); });
  nodes.collector();
  nodes.run("nodes: {s: {type: signals}, p: {type: copy, in: s}, c: {type: collect, in: p}}",
            options());
  EXPECT_THAT(nodes.seen,
              ElementsAre("a: 0 data 1", "50 discontinuity", "a: 60 data 2", "a: 90 watermark"));
}

// What a node holds comes out before the jump, whichever of its inputs tells of it first, and the
// jump comes out once.
TEST_P(GraphTest, ADiscontinuityFlushesAndRestartsEveryNodeOnce) {
  nodes.source("jumps", 2, [](int, Emitter& out) {
    out.emit(0, number_at(milliseconds(0), 1));
    out.emit(1, number_at(milliseconds(10), 2));
    for (const std::size_t port : {0, 1}) out.emit(port, Packet::discontinuity(milliseconds(100)));
    out.emit(0, number_at(milliseconds(100), 60));
    out.emit(1, number_at(milliseconds(110), 70));
    return false;
  });
  auto sum = std::make_shared<int>(0);
  nodes.node(
      "sum", 2, 1, Concurrency::kSerial,
      [sum](std::size_t, const Packet& packet, Emitter&) { *sum += packet.get<Number>().value; },
      [sum](Emitter& out) { out.emit(number_at(milliseconds(*sum), *sum)); },
      [sum](Timestamp) { *sum = 0; });
  // At the end the sum is given out at a time after the jump.
  nodes.node("late", 1, 1, Concurrency::kSerial,
             [](std::size_t, const Packet& packet, Emitter& out) {
               if (packet.is_data()) out.emit(packet);
             });
  nodes.collector();
  nodes.run("nodes: {s: {type: jumps}, n: {type: sum, in: {a: s.a, b: s.b}}, l: {type: late, in: n}, "
            "c: {type: collect, in: l}}",
            options());
  EXPECT_THAT(nodes.seen, ElementsAre("a: 3 data 3", "100 discontinuity", "a: 130 data 130"));
}

TEST_P(GraphTest, FlushComesAfterTheLastPacketAndIsDelivered) {
  nodes.counting_source("count", 4);
  auto sum = std::make_shared<int>(0);
  nodes.node(
      "sum", 1, 1, Concurrency::kSerial,
      [sum](std::size_t, const Packet& packet, Emitter&) { *sum += packet.get<Number>().value; },
      [sum](Emitter& out) { out.emit(number_at(milliseconds(0), *sum)); });
  nodes.collector();
  nodes.run("nodes: {s: {type: count}, n: {type: sum, in: s}, c: {type: collect, in: n}}",
            options());
  EXPECT_THAT(nodes.seen, ElementsAre("a: 0 data 6"));
}

TEST_P(GraphTest, TwoSourcesAreMergedByTime) {
  nodes.counting_source("slow", 3);
  nodes.source("fast", 1, [](int i, Emitter& out) {
    out.emit(number_at(milliseconds(5 * i), 100 + i));
    return i < 4;
  });
  nodes.collector(2);
  nodes.run("nodes: {x: {type: slow}, y: {type: fast}, c: {type: collect_all, in: {a: x, b: y}}}",
            options());
  EXPECT_THAT(nodes.seen,
              ElementsAre("a: 0 data 0", "b: 0 data 100", "b: 5 data 101", "a: 10 data 1",
                          "b: 10 data 102", "b: 15 data 103", "a: 20 data 2", "b: 20 data 104"));
}

TEST_P(GraphTest, AnOptionalInputMayStayOpen) {
  nodes.counting_source("count", 2);
  NodeType type;
  type.name = "sink";
  type.inputs = {port<Number>("needed", ""), port<Number>("extra", "", true)};
  auto seen = std::make_shared<std::vector<std::string>>();
  type.make = [seen](const Parameters&) {
    return std::make_unique<FunctionNode>(
        [seen](std::size_t, const Packet& packet, Emitter&) { seen->push_back(line_of(packet)); });
  };
  nodes.registry.add(std::move(type));
  nodes.run("nodes: {s: {type: count}, c: {type: sink, in: s}}", options());
  EXPECT_THAT(*seen, ElementsAre("0 data 0", "10 data 1"));
}

TEST_P(GraphTest, StatisticsCountThePacketsOfEveryNode) {
  nodes.counting_source("count", 5);
  nodes.node("half", 1, 1, Concurrency::kParallel,
             [](std::size_t, const Packet& packet, Emitter& out) {
               uneven_work(1);
               if (packet.get<Number>().value % 2 == 0) out.emit(packet);
             });
  nodes.collector();
  const RunResult result = nodes.run(
      "nodes: {s: {type: count}, h: {type: half, in: s}, c: {type: collect, in: h}}", options());
  ASSERT_EQ(result.nodes.size(), 3U);
  EXPECT_EQ(result.nodes[0].name, "s");
  EXPECT_EQ(result.nodes[0].packets, 5U);
  EXPECT_EQ(result.nodes[1].packets, 5U);
  EXPECT_EQ(result.nodes[2].packets, 3U);
  EXPECT_GT(result.nodes[1].busy, Duration::zero());
}

INSTANTIATE_TEST_SUITE_P(Threads, GraphTest, ::testing::Values(1, 2, 8),
                         [](const auto& info) { return fmt::format("Threads{}", info.param); });

}  // namespace
}  // namespace attune::pipeline
