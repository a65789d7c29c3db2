#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <atomic>
#include <thread>
#include <vector>

#include "pipeline/stage.h"

namespace attune::pipeline {

/// A source on its own thread, so that blocking input never occupies a TBB worker.
class SourceStage final : public Stage {
 public:
  SourceStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph);
  /// Joins the thread; the run must have been cancelled or drained.
  ~SourceStage() override;

  /// Starts the thread. The graph does not count as drained before it has ended.
  void start(const std::atomic<bool>* stop);

  /// Sources have no inputs.
  void receive(std::size_t, std::vector<Packet>) override {}

  /// True when the source said itself that there is no more. Valid once the graph has drained.
  bool reached_end() const { return reached_end_; }

 private:
  void read_all();
  void send(Batch& out);
  bool stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }

  tbb::flow::graph& graph_;
  SourceNode& source_;
  std::size_t index_;
  const std::atomic<bool>* stop_ = nullptr;
  bool reached_end_ = false;
  std::thread thread_;
};

}  // namespace attune::pipeline
