#include "pipeline/source_stage.h"

#include <fmt/format.h>

#include "core/error.h"
#include "pipeline/handover.h"
#include "pipeline/worker_setup.h"

namespace attune::pipeline {
namespace {

SourceNode& as_source(Node& node, const NodeConfig& config) {
  auto* source = dynamic_cast<SourceNode*>(&node);
  if (source == nullptr) {
    throw Error(
        ErrorKind::kInternal,
        fmt::format("node type '{}' is declared as a source but is none", config.type->name));
  }
  return *source;
}

}  // namespace

SourceStage::SourceStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph)
    : Stage(config, run),
      graph_(graph),
      source_(as_source(node(), config)),
      index_(run.throttle.add_source()) {}

SourceStage::~SourceStage() {
  if (thread_.joinable()) thread_.join();
}

void SourceStage::start(const std::atomic<bool>* stop) {
  stop_ = stop;
  graph_.reserve_wait();
  thread_ = std::thread([this] {
    use_one_thread_per_worker();
    guard([this] { read_all(); });
    run().throttle.source_ended(index_);
    hand_over(this);
    graph_.release_wait();
  });
}

void SourceStage::read_all() {
  while (!reached_end_ && !stopped() && run().throttle.admit(index_)) {
    Batch out = batch();
    bool more = false;
    timed(0, [&] { more = source_.produce(out); });
    reached_end_ = !more;
    send(out);
  }
  if (run().failure.happened()) return;
  Batch out = batch();
  timed(0, [&] { source_.flush(out); });
  send(out);
  deliver_end();
}

void SourceStage::send(Batch& out) {
  for (const auto& [port, packet] : out.packets) {
    run().throttle.produced(index_, packet.span());
    set_time(packet.span().start);
    timed(packet.is_data() ? 1 : 0, [] {});
  }
  deliver(out);
}

}  // namespace attune::pipeline
