#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/handover.h"
#include "pipeline/stage.h"

namespace attune::pipeline {

/// What a message to a parallel node became. Every message gives one, so that the sequence has no
/// holes.
struct ParallelResult {
  std::size_t sequence = 0;
  /// Null when the run has failed.
  std::shared_ptr<Batch> batch;
  /// Start of the last packet that was dealt with.
  Timestamp time{};
  bool end = false;
};

/// A stateless node: a function_node that may run several messages at once, a sequencer_node that
/// restores their order, and a serial function_node that sends the results on.
class ParallelStage final : public Stage {
 public:
  /// `at_once`: how many messages are worked on at a time. `gated`: fed by a source; then at most
  /// `window` messages are under way.
  ParallelStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph,
                std::size_t at_once, bool gated, std::size_t window);

  void receive(std::size_t input_port, std::vector<Packet> packets) override;

 private:
  void put(const Message& message);
  ParallelResult work(const Message& message);
  /// Data packets in order, as many as the node takes at once, or one signal.
  void process(std::span<const Packet> packets, Batch& out);
  void send(const ParallelResult& result);

  std::optional<std::size_t> gate_;
  std::size_t next_sequence_ = 0;
  tbb::flow::function_node<Handed<Message>, Handed<ParallelResult>> work_;
  tbb::flow::sequencer_node<Handed<ParallelResult>> order_;
  tbb::flow::function_node<Handed<ParallelResult>> send_;
};

}  // namespace attune::pipeline
