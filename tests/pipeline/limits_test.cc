#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <mutex>
#include <sstream>

#include "core/log.h"
#include "pipeline/memory_budget.h"
#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Collects what the library logs while it lives.
class CapturedLog {
 public:
  CapturedLog() : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)) {
    spdlog::drop("attune");
    spdlog::register_logger(std::make_shared<spdlog::logger>("attune", sink_));
  }
  ~CapturedLog() { spdlog::drop("attune"); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_;
};

constexpr std::size_t kLargeBytes = 1000;

/// A decoder: turns each small packet into `factor` large ones.
void add_expander(TestNodes& nodes, int factor) {
  nodes.node(
      "expand", 1, 1, Concurrency::kSerial,
      [factor](std::size_t, const Packet& packet, Emitter& out) {
        for (int i = 0; i < factor; ++i) {
          out.emit(Packet::data(packet.span(), Number{packet.get<Number>().value, kLargeBytes}));
        }
      });
}

class Limits : public ::testing::TestWithParam<int> {
 protected:
  RunOptions options() const {
    RunOptions options;
    options.threads = GetParam();
    return options;
  }
  CapturedLog log;
  TestNodes nodes;
};

TEST_P(Limits, BytesInFlightStayUnderTheLimitWithAFastSourceAndASlowSink) {
  nodes.counting_source("count", 400, 10);
  add_expander(nodes, 1);
  nodes.node("slow", 1, 0, Concurrency::kSerial, [](std::size_t, const Packet&, Emitter&) {
    for (std::uint32_t i = 0; i < 5; ++i) uneven_work(i);
  });
  const RunResult result = nodes.run(R"(
limits: {media_time: 1h, memory: 20kB}
nodes: {s: {type: count}, d: {type: expand, in: s}, k: {type: slow, in: d}}
)",
                                     options());
  EXPECT_GT(result.peak_bytes_in_flight, kLargeBytes);
  // One message may be under way when the limit is reached.
  EXPECT_LE(result.peak_bytes_in_flight, 20000 + kLargeBytes + 10);
  EXPECT_EQ(result.nodes[2].packets, 400U);
  EXPECT_THAT(log.text(), IsEmpty());
}

TEST_P(Limits, MediaTimeInFlightStaysUnderTheLimit) {
  std::atomic<int> read = 0;
  std::atomic<int> done = 0;
  std::atomic<int> furthest = 0;
  nodes.source("count", 1, [&](int i, Emitter& out) {
    out.emit(number_at(milliseconds(10 * i), i));
    read = i;
    furthest = std::max(furthest.load(), read.load() - done.load());
    return i < 500;
  });
  nodes.node("slow", 1, 0, Concurrency::kSerial, [&](std::size_t, const Packet& packet, Emitter&) {
    uneven_work(static_cast<std::uint32_t>(packet.get<Number>().value));
    done = packet.get<Number>().value;
  });
  nodes.run("{limits: {media_time: 200ms}, nodes: {s: {type: count}, k: {type: slow, in: s}}}",
            options());
  EXPECT_EQ(done, 500);
  // 200 ms are 20 packets; one is read beyond, and the sink counts one when it has returned from
  // it.
  EXPECT_LE(furthest, 22);
  EXPECT_GE(furthest, 1);
  EXPECT_THAT(log.text(), IsEmpty());
}

TEST_P(Limits, AJoinThatNeedsMoreThanTheMediaTimeLimitGoesOnWithAWarning) {
  nodes.counting_source("count", 100);
  auto held = std::make_shared<std::vector<Packet>>();
  nodes.node(
      "hold", 1, 1, Concurrency::kSerial,
      [held](std::size_t, const Packet& packet, Emitter&) { held->push_back(packet); },
      [held](Emitter& out) {
        for (const Packet& packet : *held) out.emit(packet);
      });
  nodes.collector(2);
  nodes.run(R"(
limits: {media_time: 100ms}
nodes: {s: {type: count}, h: {type: hold, in: s}, c: {type: collect_all, in: {a: s, b: h}}}
)",
            options());
  EXPECT_EQ(nodes.seen.size(), 200U);
  EXPECT_THAT(log.text(), HasSubstr("limit of 0.1 s of media in flight is too low"));
  EXPECT_THAT(log.text(), HasSubstr("node 'c' holds"));
  EXPECT_THAT(log.text(), HasSubstr("waits for its input 'b' since the start"));
}

TEST_P(Limits, WatermarksKeepAJoinGoingWithinTheLimit) {
  nodes.counting_source("count", 200);
  nodes.node(
      "rare", 1, 1, Concurrency::kSerial, [](std::size_t, const Packet& packet, Emitter& out) {
        out.emit(packet.get<Number>().value % 50 == 0 ? packet
                                                      : Packet::watermark(packet.span().start));
      });
  nodes.node("join", 2, 0, Concurrency::kSerial, [](std::size_t, const Packet&, Emitter&) {});
  nodes.run(R"(
limits: {media_time: 100ms}
nodes: {s: {type: count}, r: {type: rare, in: s}, j: {type: join, in: {a: s, b: r}}}
)",
            options());
  EXPECT_THAT(log.text(), IsEmpty());
}

TEST_P(Limits, ANodeThatEmitsAtTheEndDoesNotStopTheSource) {
  nodes.counting_source("count", 100);
  auto count = std::make_shared<int>(0);
  NodeType type;
  type.name = "total";
  type.emits_at_end = true;
  type.inputs = {port<Number>("in", "")};
  type.outputs = {port<Number>("out", "")};
  type.make = [count](const Parameters&) {
    return std::make_unique<FunctionNode>(
        [count](std::size_t, const Packet&, Emitter&) { ++*count; },
        [count](Emitter& out) { out.emit(number_at(milliseconds(0), *count)); });
  };
  nodes.registry.add(std::move(type));
  nodes.collector();
  nodes.run(R"(
limits: {media_time: 100ms}
nodes: {s: {type: count}, t: {type: total, in: s}, c: {type: collect, in: t}}
)",
            options());
  EXPECT_THAT(nodes.seen, ::testing::ElementsAre("a: 0 data 100"));
  EXPECT_THAT(log.text(), IsEmpty());
}

TEST_P(Limits, ANodeThatMustHoldMoreBytesThanTheLimitGoesOnWithAWarning) {
  nodes.counting_source("count", 50, 10);
  add_expander(nodes, 2);
  auto held = std::make_shared<std::vector<Packet>>();
  nodes.node(
      "hold", 1, 0, Concurrency::kSerial,
      [held](std::size_t, const Packet& packet, Emitter&) { held->push_back(packet); },
      [held](Emitter&) { held->clear(); });
  const RunResult result = nodes.run(R"(
limits: {memory: 10kB}
nodes: {s: {type: count}, d: {type: expand, in: s}, k: {type: hold, in: d}}
)",
                                     options());
  EXPECT_EQ(result.nodes[2].packets, 100U);
  EXPECT_GE(result.peak_bytes_in_flight, 100 * kLargeBytes);
  EXPECT_THAT(log.text(), HasSubstr("limit of 10000 bytes in flight is too low"));
}

INSTANTIATE_TEST_SUITE_P(Threads, Limits, ::testing::Values(1, 2, 8),
                         [](const auto& info) { return fmt::format("Threads{}", info.param); });

TEST(MemoryBudget, CountsAPayloadOnceHoweverManyPacketsShareIt) {
  int releases = 0;
  MemoryBudget budget([&] { ++releases; });
  {
    const Packet first = budget.count(number_at(milliseconds(0), 1, 100));
    EXPECT_EQ(budget.bytes(), 100U);
    const Packet again = budget.count(Packet::data(TimeSpan{}, first.share<Number>()));
    const Packet other = budget.count(number_at(milliseconds(0), 2, 50));
    EXPECT_EQ(budget.bytes(), 150U);
    EXPECT_EQ(again.get<Number>().value, 1);
  }
  EXPECT_EQ(budget.bytes(), 0U);
  EXPECT_EQ(budget.peak_bytes(), 150U);
  EXPECT_EQ(releases, 2);
}

TEST(MemoryBudget, PacketsMayOutliveIt) {
  auto budget = std::make_unique<MemoryBudget>([] { FAIL() << "called after the end"; });
  const Packet packet = budget->count(number_at(milliseconds(0), 3));
  budget.reset();
  EXPECT_EQ(packet.get<Number>().value, 3);
}

}  // namespace
}  // namespace attune::pipeline
