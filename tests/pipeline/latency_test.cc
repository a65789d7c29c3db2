#include "pipeline/latency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Node types that wait as long as their parameter `wait` says.
class LatencyTest : public ::testing::Test {
 protected:
  LatencyTest() {
    add("camera", 0, 1);
    add("filter", 1, 1);
    add("join", 2, 1);
    add("screen", 1, 0);
    NodeType whole = type_of("whole", 1, 0);
    whole.latency = {};
    registry.add(std::move(whole));
  }

  static NodeType type_of(const std::string& name, std::size_t inputs, std::size_t outputs) {
    NodeType type;
    type.name = name;
    if (inputs == 0) type.concurrency = Concurrency::kSource;
    for (std::size_t i = 0; i < inputs; ++i)
      type.inputs.push_back(port<Number>(TestNodes::port_name(i), ""));
    for (std::size_t i = 0; i < outputs; ++i)
      type.outputs.push_back(port<Number>(TestNodes::port_name(i), ""));
    type.parameters = {{.name = "wait", .default_value = Duration::zero(), .doc = ""}};
    type.latency = [](const Parameters& p) { return p.get<Duration>("wait"); };
    type.make = [](const Parameters&) {
      return std::make_unique<FunctionNode>([](std::size_t, const Packet&, Emitter&) {});
    };
    return type;
  }

  void add(const std::string& name, std::size_t inputs, std::size_t outputs) {
    registry.add(type_of(name, inputs, outputs));
  }

  Config parse(const std::string& head) {
    return parse_config(head + R"(
nodes:
  eye: {type: camera}
  fast: {type: filter, in: eye, wait: 100ms}
  slow: {type: filter, in: eye, wait: 700ms}
  both: {type: join, in: {a: fast, b: slow}, wait: 50ms}
  near: {type: screen, in: fast}
  far: {type: screen, in: both}
)",
                        "live.yaml", {}, registry);
  }

  std::string error_of(const std::string& head) {
    try {
      parse(head);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      return error.what();
    }
    return "no error";
  }

  NodeRegistry registry;
};

TEST_F(LatencyTest, TheSlowestWayToEachSinkCounts) {
  const auto paths = slowest_paths(parse("")).value();
  ASSERT_EQ(paths.size(), 2U);
  EXPECT_EQ(paths[0].sink, "near");
  EXPECT_EQ(paths[0].total, milliseconds(100));
  EXPECT_EQ(paths[1].sink, "far");
  EXPECT_EQ(paths[1].total, milliseconds(750));
  EXPECT_EQ(to_string(paths[1]), "slow 0.7 s + both 0.05 s = 0.75 s");
}

TEST_F(LatencyTest, APromiseThatTheNodesKeepIsTaken) {
  EXPECT_EQ(parse("latency: 750ms").latency_budget, milliseconds(750));
}

TEST_F(LatencyTest, APromiseThatTheNodesBreakIsRefusedWithTheirSum) {
  EXPECT_THAT(error_of("latency: 700ms"),
              AllOf(HasSubstr("live.yaml"), HasSubstr("'far'"), HasSubstr("0.7 s"),
                    HasSubstr("slow 0.7 s + both 0.05 s = 0.75 s")));
}

TEST_F(LatencyTest, SinksMayHaveTheirOwn) {
  const Config config = parse("latency: {default: 200ms, far: 1s}");
  EXPECT_EQ(config.budget_of("near"), milliseconds(200));
  EXPECT_EQ(config.budget_of("far"), std::chrono::seconds(1));
  EXPECT_THAT(error_of("latency: {default: 50ms, far: 1s}"), HasSubstr("'near'"));
}

TEST_F(LatencyTest, WrongOnesAreToldWithTheirPlace) {
  EXPECT_THAT(error_of("latency: soon"), HasSubstr("live.yaml:1:10"));
  EXPECT_THAT(error_of("latency: 0s"), HasSubstr("no time"));
  EXPECT_THAT(error_of("latency: {far: 1s}"), HasSubstr("no default"));
  EXPECT_THAT(error_of("latency: {default: 1s, farr: 2s}"), HasSubstr("far"));
}

TEST_F(LatencyTest, WhatWorksForLaterSinksAloneIsUnhurried) {
  //                                          eye    fast   slow   both   near   far
  EXPECT_THAT(unhurried_nodes(parse("")), ElementsAre(false, false, false, false, false, false));
  EXPECT_THAT(unhurried_nodes(parse("latency: {default: 1s, far: 2s}")),
              ElementsAre(false, false, true, true, false, true));
  EXPECT_THAT(unhurried_nodes(parse("latency: {default: 1s, near: 2s}")),
              ElementsAre(false, false, false, false, true, false));
}

TEST_F(LatencyTest, AnUnhurriedNodeHasAThreadOfItsOwnAndNoMore) {
  std::atomic<int> talking = 0;
  std::atomic<int> most = 0;
  std::atomic<bool> seen = false;
  std::atomic<bool> blocked = false;
  NodeType five = type_of("five", 0, 1);
  five.make = [](const Parameters&) {
    return std::make_unique<FunctionSource>([](int i, Emitter& out) {
      out.emit(number_at(milliseconds(10 * i), i));
      return i < 4;
    });
  };
  registry.add(std::move(five));
  NodeType talk = type_of("talk", 1, 1);
  talk.concurrency = Concurrency::kParallel;
  talk.make = [&](const Parameters&) {
    return std::make_unique<FunctionNode>([&](std::size_t, const Packet& packet, Emitter& out) {
      most = std::max(most.load(), ++talking);
      // Nothing else could be seen if this had the only thread.
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!seen && std::chrono::steady_clock::now() < end) std::this_thread::yield();
      blocked = blocked || !seen;
      out.emit(packet);
      --talking;
    });
  };
  registry.add(std::move(talk));
  NodeType look = type_of("look", 1, 0);
  look.make = [&](const Parameters&) {
    return std::make_unique<FunctionNode>([&](std::size_t, const Packet& packet, Emitter&) {
      if (packet.is_data() && packet.get<Number>().value == 4) seen = true;
    });
  };
  registry.add(std::move(look));
  RunOptions options;
  options.threads = 1;
  run(parse_config(R"(
latency: {default: 1s, words: 9s}
nodes:
  eye: {type: five}
  talk: {type: talk, in: eye}
  words: {type: screen, in: talk}
  look: {type: look, in: eye}
)",
                   "live.yaml", {}, registry),
      "", nullptr, options);
  EXPECT_TRUE(seen);
  EXPECT_FALSE(blocked);
  EXPECT_EQ(most, 1);
}

TEST_F(LatencyTest, WhoWaitsForTheEndCannotBeLive) {
  EXPECT_THROW(
      {
        try {
          parse_config("latency: 9s\nnodes: {e: {type: camera}, w: {type: whole, in: e}}",
                       "live.yaml", {}, registry);
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), HasSubstr("node 'w'"));
          throw;
        }
      },
      Error);
}

}  // namespace
}  // namespace attune::pipeline
