#pragma once

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/graph.h"
#include "pipeline/node_type.h"

namespace attune::pipeline {

/// Payloads of the tests: a number that claims to hold some bytes, and a text.
struct Number {
  int value = 0;
  std::size_t claimed_bytes = 8;
};
struct Text {
  std::string text;
};
template <>
struct PayloadTraits<Number> {
  static constexpr std::string_view kName = "Number";
  static std::size_t bytes(const Number& number) { return number.claimed_bytes; }
};
template <>
struct PayloadTraits<Text> {
  static constexpr std::string_view kName = "Text";
  static std::size_t bytes(const Text& text) { return text.text.size(); }
};

using std::chrono::milliseconds;

inline Packet number_at(milliseconds start, int value, std::size_t bytes = 8) {
  return Packet::data(TimeSpan{start, start + milliseconds(10)}, Number{value, bytes});
}

/// "120 data 7", "130 watermark": one line for a packet.
inline std::string line_of(const Packet& packet) {
  const auto ms = std::chrono::duration_cast<milliseconds>(packet.span().start).count();
  switch (packet.kind()) {
    case Packet::Kind::kData:
      return packet.type()->name == "Text"
                 ? fmt::format("{} data {}", ms, packet.get<Text>().text)
                 : fmt::format("{} data {}", ms, packet.get<Number>().value);
    case Packet::Kind::kWatermark:
      return fmt::format("{} watermark", ms);
    case Packet::Kind::kDiscontinuity:
      return fmt::format("{} discontinuity", ms);
    case Packet::Kind::kEndOfStream:
      return fmt::format("{} end", ms);
  }
  return "";
}

/// A node made of functions.
class FunctionNode final : public Node {
 public:
  using Process = std::function<void(std::size_t, const Packet&, Emitter&)>;
  explicit FunctionNode(Process process, std::function<void(Emitter&)> flush = {},
                        std::function<void(Timestamp)> restart = {})
      : process_(std::move(process)), flush_(std::move(flush)), restart_(std::move(restart)) {}
  void process(std::size_t port, const Packet& packet, Emitter& out) override {
    process_(port, packet, out);
  }
  void flush(Emitter& out) override {
    if (flush_) flush_(out);
  }
  void restart(Timestamp t) override {
    if (restart_) restart_(t);
  }

 private:
  Process process_;
  std::function<void(Emitter&)> flush_;
  std::function<void(Timestamp)> restart_;
};

/// A parallel node that takes several packets together.
class TogetherNode final : public Node {
 public:
  using Process = std::function<void(std::span<const Packet>, Emitter&)>;
  TogetherNode(std::size_t at_once, Process process)
      : at_once_(at_once), process_(std::move(process)) {}
  std::size_t packets_at_once() const override { return at_once_; }
  void process(std::size_t, const Packet& packet, Emitter& out) override {
    process_({&packet, 1}, out);
  }
  void process_together(std::size_t, std::span<const Packet> packets, Emitter& out) override {
    process_(packets, out);
  }

 private:
  std::size_t at_once_;
  Process process_;
};

/// A source that calls a function with 0, 1, 2, ... until it returns false.
class FunctionSource final : public SourceNode {
 public:
  using Produce = std::function<bool(int, Emitter&)>;
  explicit FunctionSource(Produce produce) : produce_(std::move(produce)) {}
  bool produce(Emitter& out) override { return produce_(next_++, out); }

 private:
  Produce produce_;
  int next_ = 0;
};

/// Some work of a length that depends on `seed` alone, so that threads interleave differently.
inline void uneven_work(std::uint32_t seed) {
  std::uint32_t state = seed * 2654435761U + 1;
  for (int i = 0; i < 5; ++i) state = state * 1664525U + 1013904223U;
  volatile std::uint32_t sink = state;
  for (std::uint32_t i = 0; i < (state >> 17); ++i) sink = sink + i;
}

/// A registry for one test with builders for the usual shapes of nodes.
class TestNodes {
 public:
  NodeRegistry registry;
  /// What the nodes of type `collect` saw, in order: "port: line".
  std::vector<std::string> seen;

  void source(const std::string& name, std::size_t outputs, FunctionSource::Produce produce) {
    NodeType type;
    type.name = name;
    type.concurrency = Concurrency::kSource;
    for (std::size_t i = 0; i < outputs; ++i)
      type.outputs.push_back(port<Number>(port_name(i), ""));
    type.make = [produce](const Parameters&) { return std::make_unique<FunctionSource>(produce); };
    registry.add(std::move(type));
  }

  /// Numbers 0 .. count-1, one every 10 ms, in packets that claim `bytes` each.
  void counting_source(const std::string& name, int count, std::size_t bytes = 8) {
    source(name, 1, [count, bytes](int i, Emitter& out) {
      if (i < count) out.emit(number_at(milliseconds(10 * i), i, bytes));
      return i + 1 < count;
    });
  }

  void node(const std::string& name, std::size_t inputs, std::size_t outputs,
            Concurrency concurrency, FunctionNode::Process process,
            std::function<void(Emitter&)> flush = {},
            std::function<void(Timestamp)> restart = {}) {
    NodeType type;
    type.name = name;
    type.concurrency = concurrency;
    for (std::size_t i = 0; i < inputs; ++i) type.inputs.push_back(port<Number>(port_name(i), ""));
    for (std::size_t i = 0; i < outputs; ++i)
      type.outputs.push_back(port<Number>(port_name(i), ""));
    type.make = [process, flush, restart](const Parameters&) {
      return std::make_unique<FunctionNode>(process, flush, restart);
    };
    registry.add(std::move(type));
  }

  /// A parallel node with one input and one output that takes up to `at_once` packets together.
  void together_node(const std::string& name, std::size_t at_once, TogetherNode::Process process) {
    NodeType type;
    type.name = name;
    type.concurrency = Concurrency::kParallel;
    type.inputs = {port<Number>("a", "")};
    type.outputs = {port<Number>("a", "")};
    type.make = [at_once, process](const Parameters&) {
      return std::make_unique<TogetherNode>(at_once, process);
    };
    registry.add(std::move(type));
  }

  /// A sink that fills `seen`.
  void collector(std::size_t inputs = 1) {
    node(inputs == 1 ? "collect" : "collect_all", inputs, 0, Concurrency::kSerial,
         [this](std::size_t port, const Packet& packet, Emitter&) {
           seen.push_back(fmt::format("{}: {}", port_name(port), line_of(packet)));
         },
         {},
         [this](Timestamp t) { seen.push_back(line_of(Packet::discontinuity(t))); });
  }

  RunResult run(const std::string& yaml, const RunOptions& options = {},
                OutputFiles* outputs = nullptr) {
    const Config config = parse_config(yaml, "test.yaml", {}, registry);
    return pipeline::run(config, "scene.mp4", outputs, options);
  }

  static std::string port_name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
};

}  // namespace attune::pipeline
