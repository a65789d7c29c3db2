#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/failure.h"
#include "pipeline/graph.h"
#include "pipeline/node.h"
#include "pipeline/throttle.h"

namespace attune::pipeline {

/// What the stages of one run share.
struct RunState {
  Throttle& throttle;
  Failure& failure;
};

/// The packets of one call of a node, checked against the declared ports and counted.
class Batch final : public Emitter {
 public:
  Batch(const NodeType& type, MemoryBudget& budget) : type_(type), budget_(budget) {}
  void emit(std::size_t output_port, Packet packet) override;
  using Emitter::emit;

  std::vector<std::pair<std::size_t, Packet>> packets;

 private:
  const NodeType& type_;
  MemoryBudget& budget_;
};

/// One node of the configuration while it runs: calls the node, keeps the time it takes, and hands
/// on what it emits. How packets reach the node is the matter of the derived classes.
class Stage {
 public:
  Stage(const NodeConfig& config, RunState& run);
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::string& name() const { return config_.name; }
  Node& node() { return *node_; }

  /// Sends what leaves by `output_port` to `input_port` of `consumer`.
  void connect(std::size_t output_port, Stage& consumer, std::size_t input_port);
  /// Makes this stage's finished input count as done; it may be so much further behind than others.
  void set_terminal(Duration allowance) { terminal_ = run_.throttle.add_terminal(allowance); }

  /// Takes packets of a feeding stage, in order and one call at a time for each port.
  virtual void receive(std::size_t input_port, std::vector<Packet> packets) = 0;

  /// What keeps packets waiting here, for the warning on a stall; empty when nothing does.
  virtual std::string waiting() const { return ""; }

  NodeStatistics statistics() const;

 protected:
  const NodeConfig& config() const { return config_; }
  RunState& run() { return run_; }

  /// Runs `body` and records what it throws, with `time`: no exception ever reaches TBB. Once any
  /// node has failed, bodies are skipped, so that the graph drains at once.
  template <class Body>
  void guard_at(const std::optional<Timestamp>& time, const Body& body) noexcept {
    try {
      if (!run_.failure.happened()) body();
    } catch (...) {
      run_.failure.record(config_.name, time);
    }
  }
  /// The same with the time of the last set_time(). For bodies that run one at a time.
  template <class Body>
  void guard(const Body& body) noexcept {
    guard_at(time_, body);
  }

  /// Calls one of the node's functions and adds the time it took to the statistics.
  template <class Call>
  void timed(std::size_t packets, const Call& call) {
    const Stopwatch watch(busy_);
    packets_ += packets;
    call();
  }

  Batch batch() { return Batch(*config_.type, run_.throttle.budget()); }
  /// Sends a batch to the consumers. Throws Error(kInternal) when an output goes back in time.
  void deliver(Batch& batch);
  /// Sends the end of stream on every output.
  void deliver_end();
  /// The node has dealt with its input up to t.
  void finished(Timestamp t);
  /// The media time that guard() names.
  void set_time(Timestamp t) { time_ = t; }

 private:
  class Stopwatch {
   public:
    explicit Stopwatch(std::atomic<Duration::rep>& sum) : sum_(sum) {}
    ~Stopwatch() { sum_ += Duration(std::chrono::steady_clock::now() - start_).count(); }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

   private:
    std::atomic<Duration::rep>& sum_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };
  struct Edge {
    std::size_t output_port;
    Stage* consumer;
    std::size_t input_port;
  };
  struct Output {
    Timestamp last_start = Timestamp::min();
    Timestamp last_end = Timestamp::min();
  };
  bool accept(std::size_t port, const Packet& packet);

  const NodeConfig& config_;
  RunState& run_;
  std::unique_ptr<Node> node_;
  std::vector<Edge> edges_;
  std::vector<Output> outputs_;
  std::optional<std::size_t> terminal_;
  std::optional<Timestamp> time_;
  std::atomic<std::size_t> packets_ = 0;
  std::atomic<Duration::rep> busy_ = 0;
};

}  // namespace attune::pipeline
