#include "service/feed_promise.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "pipeline/latency.h"

namespace attune::service {
namespace {

/// The event_writer that gets what the node type says on `input`; empty when there is none.
std::string writer_of(const pipeline::Config& config, std::string_view input) {
  for (const pipeline::NodeConfig& node : config.nodes) {
    if (node.type->name != "event_writer") continue;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i].connected() && node.type->inputs[i].name == input) return node.name;
  }
  return "";
}

}  // namespace

FeedPromise promise_of(const pipeline::Config& config) {
  FeedPromise promise;
  promise.speech_budget = config.latency_budget.value();
  promise.caption_budget = config.budget_of(writer_of(config, "cues"));
  for (const pipeline::NodeConfig& node : config.nodes)
    if (node.type->name == "live_source" && node.parameters.get<double>("recording_speed") == 0)
      promise.is_live = false;
  const auto paths = pipeline::slowest_paths(config);
  // Scores are there before the pause that ends a segment.
  const pipeline::NodeConfig* aligner = nullptr;
  for (const auto& node : config.nodes)
    if (node.type->name == "aligner") aligner = &node;
  for (const pipeline::LatencyPath& path : paths.value()) {
    Duration sum{};
    for (const auto& step : path.steps) {
      sum += step.added;
      if (aligner != nullptr && step.node == aligner->name)
        promise.speech_declared = std::max(promise.speech_declared, sum);
    }
  }
  return promise;
}

}  // namespace attune::service
