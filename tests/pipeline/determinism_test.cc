#include <gtest/gtest.h>

#include "test_nodes.h"

namespace attune::pipeline {
namespace {

/// A graph with branches of uneven speed, parallel nodes, joins, a node that gathers and one that
/// drops: the shape of a real pipeline.
class Tangle {
 public:
  Tangle() {
    nodes_.source("media", 2, [](int i, Emitter& out) {
      out.emit(0, number_at(milliseconds(21 * i), i));
      if (i % 2 == 0) out.emit(1, number_at(milliseconds(20 * i + 7), 1000 + i));
      if (i == 75) out.emit(0, Packet::discontinuity(milliseconds(21 * i + 1)));
      return i < 150;
    });
    nodes_.node("uneven", 1, 1, Concurrency::kParallel,
                [](std::size_t, const Packet& packet, Emitter& out) {
                  const int value = packet.get<Number>().value;
                  uneven_work(static_cast<std::uint32_t>(value));
                  if (value % 5 != 0) out.emit(Packet::data(packet.span(), Number{value * 3}));
                });
    auto held = std::make_shared<std::vector<Packet>>();
    nodes_.node(
        "gather", 1, 1, Concurrency::kSerial,
        [held](std::size_t, const Packet& packet, Emitter& out) {
          if (packet.is_data()) held->push_back(packet);
          if (held->size() < 4) return;
          for (const Packet& one : *held) out.emit(one);
          held->clear();
        },
        [held](Emitter& out) {
          for (const Packet& one : *held) out.emit(one);
          held->clear();
        });
    auto order = std::make_shared<int>(0);
    nodes_.node("join", 3, 1, Concurrency::kSerial,
                [order](std::size_t port, const Packet& packet, Emitter& out) {
                  if (!packet.is_data()) return out.emit(packet);
                  // A value that depends on everything that came before.
                  *order = (*order * 31 + packet.get<Number>().value * 7 + static_cast<int>(port)) %
                           1000003;
                  out.emit(Packet::data(packet.span(), Number{*order}));
                });
    nodes_.collector(2);
  }

  std::vector<std::string> run(int threads) {
    RunOptions options;
    options.threads = threads;
    nodes_.run(R"(
limits: {media_time: 500ms, memory: 400B}
nodes:
  media: {type: media}
  left: {type: uneven, in: media.a}
  right: {type: uneven, in: media.b}
  gathered: {type: gather, in: left}
  join: {type: join, in: {a: gathered, b: right, c: media.a}}
  sink: {type: collect_all, in: {a: join, b: left}}
)",
               options);
    return nodes_.seen;
  }

 private:
  TestNodes nodes_;
};

TEST(Determinism, TheSinkSeesTheSameForAnyNumberOfThreads) {
  const auto expected = Tangle().run(1);
  ASSERT_GT(expected.size(), 350U);
  for (const int threads : {1, 2, 8}) {
    for (int trial = 0; trial < 2; ++trial) {
      EXPECT_EQ(Tangle().run(threads), expected) << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace attune::pipeline
