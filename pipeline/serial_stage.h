#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/handover.h"
#include "pipeline/merge.h"
#include "pipeline/stage.h"

namespace attune::pipeline {

/// A node that takes one packet at a time: a serial function_node whose body merges the input
/// ports.
class SerialStage final : public Stage {
 public:
  /// `gated`: fed by a source, so that its messages wait while memory is full.
  SerialStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph, bool gated);

  void receive(std::size_t input_port, std::vector<Packet> packets) override;
  std::string waiting() const override;

 private:
  void put(const Message& message);
  void take(const Message& message);
  void process(const Merge::Item& item);
  void restart(Timestamp time, Batch& out);
  void finish();

  Merge merge_;
  std::optional<std::size_t> gate_;
  bool ended_ = false;
  /// The time of the last discontinuity.
  std::optional<Timestamp> restarted_;
  tbb::flow::function_node<Handed<Message>> body_;
};

}  // namespace attune::pipeline
