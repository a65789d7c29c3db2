#include "pipeline/graph.h"

#include <fmt/format.h>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/log.h"
#include "core/machine.h"
#include "pipeline/failure.h"
#include "pipeline/handover.h"
#include "pipeline/latency.h"
#include "pipeline/parallel_stage.h"
#include "pipeline/serial_stage.h"
#include "pipeline/source_stage.h"
#include "pipeline/worker_setup.h"

namespace attune::pipeline {
namespace {

bool is_source(const NodeConfig& node) {
  return node.type->concurrency == Concurrency::kSource;
}

/// For each node whether its finished input tells how far the run has come: the last nodes before
/// the results, or before a node that holds everything back to the end.
std::vector<bool> terminal_nodes(const Config& config) {
  const std::size_t count = config.nodes.size();
  std::vector<bool> late(count, false);
  std::vector<bool> feeds_early(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    for (const NodeConfig::Input& input : config.nodes[i].inputs) {
      if (!input.connected()) continue;
      const auto from = static_cast<std::size_t>(input.node);
      late[i] = late[i] || late[from] || config.nodes[from].type->emits_at_end;
    }
    for (const NodeConfig::Input& input : config.nodes[i].inputs) {
      if (input.connected() && !late[i]) feeds_early[static_cast<std::size_t>(input.node)] = true;
    }
  }
  std::vector<bool> terminal(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    terminal[i] = !is_source(config.nodes[i]) && !late[i] && !feeds_early[i];
  }
  return terminal;
}

/// The nodes of a live pipeline that may keep a thread for as long as a sentence takes, while
/// others have a moment to keep.
std::vector<bool> patient_nodes(const Config& config) {
  std::vector<bool> patient = unhurried_nodes(config);
  for (std::size_t i = 0; i < patient.size(); ++i)
    patient[i] = patient[i] && config.nodes[i].type->concurrency == Concurrency::kParallel;
  return patient;
}

/// Calls a function about five times a second on a thread of its own until it is destroyed.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick)
      : thread_([this, tick = std::move(tick)] {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, std::chrono::milliseconds(200), [this] { return ended_; }))
            tick();
        }) {}
  ~Ticker() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

class Run {
 public:
  Run(const Config& config, const std::string& input, OutputFiles* outputs,
      const RunOptions& options)
      : config_(config),
        options_(options),
        patient_(patient_nodes(config)),
        threads_(tbb::global_control::max_allowed_parallelism,
                 static_cast<std::size_t>(
                     std::max(thread_count(), tbb::this_task_arena::max_concurrency()))),
        arena_(thread_count()),
        failure_(input, [this] { throttle_.cancel(); }),
        throttle_({config.max_media_time_in_flight, config.max_bytes_in_flight},
                  [this] { return explain_stall(); }) {
    context_.input = input;
    context_.outputs = outputs;
    context_.stop = options.stop;
    context_.part = options.part;
    context_.facts = options.facts;
    arena_.execute([this] { graph_.emplace(); });
  }

  /// Making an edge may spawn a task: none may be left when its node goes, also where the run ends
  /// before it began.
  ~Run() {
    arena_.execute([this] {
      graph_->wait_for_all();
      stages_.clear();
      graph_.reset();
    });
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  RunResult execute() {
    const auto start = std::chrono::steady_clock::now();
    build();
    for (const auto& stage : stages_) step(*stage, [&] { stage->node().open(context_); });
    drain(start);
    failure_.rethrow();
    for (const auto& stage : stages_) step(*stage, [&] { stage->node().close(context_); });
    RunResult result;
    if (context_.outputs != nullptr) result.files = context_.outputs->commit();
    result.complete = std::all_of(sources_.begin(), sources_.end(),
                                  [](const SourceStage* source) { return source->reached_end(); });
    for (const auto& stage : stages_) result.nodes.push_back(stage->statistics());
    result.models = context_.models;
    result.peak_bytes_in_flight = throttle_.budget().peak_bytes();
    result.end = since_start(throttle_.read());
    result.wall = std::chrono::steady_clock::now() - start;
    return result;
  }

 private:
  /// Patient nodes have a thread more, each at most one, so that those that were asked for are left
  /// to what hurries; the scheduler of the machine shares its processors out.
  int thread_count() const {
    const auto patient = std::ranges::count(patient_, true);
    return (options_.threads > 0 ? options_.threads : usable_processors()) +
           static_cast<int>(patient);
  }

  void build() {
    const auto window = static_cast<std::size_t>(arena_.max_concurrency()) * 2;
    for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
      const NodeConfig& node = config_.nodes[i];
      const bool gated =
          std::any_of(node.inputs.begin(), node.inputs.end(), [&](const auto& input) {
            return input.connected() &&
                   is_source(config_.nodes[static_cast<std::size_t>(input.node)]);
          });
      try {
        if (is_source(node)) {
          auto source = std::make_unique<SourceStage>(node, state_, *graph_);
          sources_.push_back(source.get());
          stages_.push_back(std::move(source));
        } else if (node.type->concurrency == Concurrency::kParallel) {
          stages_.push_back(std::make_unique<ParallelStage>(
              node, state_, *graph_, patient_[i] ? 1 : tbb::flow::unlimited, gated, window));
        } else {
          stages_.push_back(std::make_unique<SerialStage>(node, state_, *graph_, gated));
        }
      } catch (...) {
        throw located(std::current_exception(), context_.input, node.name, std::nullopt);
      }
      for (std::size_t port = 0; port < node.inputs.size(); ++port) {
        const NodeConfig::Input& input = node.inputs[port];
        if (!input.connected()) continue;
        stages_[static_cast<std::size_t>(input.node)]->connect(input.port, *stages_.back(), port);
      }
    }
    const auto terminal = terminal_nodes(config_);
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (terminal[i]) stages_[i]->set_terminal(allowance(config_.nodes[i].name));
    }
  }

  /// A sink that was promised later results must not hold up the others meanwhile.
  Duration allowance(const std::string& sink) const {
    if (!config_.latency_budget || !config_.sink_budgets.contains(sink)) return Duration::zero();
    return std::max(Duration::zero(), config_.sink_budgets.at(sink) - *config_.latency_budget);
  }

  /// Lets the sources run and the calling thread work until every node has seen its end of stream.
  void drain(std::chrono::steady_clock::time_point start) {
    const WorkerSetup workers(arena_);
    const Ticker ticker([&] {
      if (context_.stopped()) throttle_.cancel();
      if (options_.observer) {
        options_.observer({since_start(throttle_.done()), since_start(throttle_.read()), total(),
                           std::chrono::steady_clock::now() - start});
      }
    });
    for (SourceStage* source : sources_) source->start(options_.stop);
    arena_.execute([this] { graph_->wait_for_all(); });
    for (const auto& stage : stages_) take_over(stage.get());
  }

  Duration since_start(Timestamp t) const {
    const Timestamp start =
        context_.part ? std::max(context_.part->start, context_.start) : context_.start;
    return std::max(Duration::zero(), t - start);
  }

  Duration total() const {
    const Timestamp end = context_.start + context_.total;
    return context_.part ? since_start(std::min(context_.part->end, end)) : context_.total;
  }

  template <class Call>
  void step(const Stage& stage, const Call& call) {
    try {
      call();
    } catch (...) {
      throw located(std::current_exception(), context_.input, stage.name(), std::nullopt);
    }
  }

  std::string explain_stall() const {
    std::string text;
    for (const auto& stage : stages_) {
      const std::string waiting = stage->waiting();
      if (!waiting.empty()) text += (text.empty() ? "" : "; ") + waiting;
    }
    return text.empty() ? "a node keeps more than the limit before it emits" : text;
  }

  const Config& config_;
  const RunOptions& options_;
  std::vector<bool> patient_;
  RunContext context_;
  /// Lets TBB start as many threads as were asked for, also where the machine has fewer.
  tbb::global_control threads_;
  tbb::task_arena arena_;
  Failure failure_;
  Throttle throttle_;
  RunState state_{throttle_, failure_};
  std::optional<tbb::flow::graph> graph_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<SourceStage*> sources_;
};

}  // namespace

RunResult run(const Config& config, const std::string& input, OutputFiles* outputs,
              const RunOptions& options) {
  return Run(config, input, outputs, options).execute();
}

}  // namespace attune::pipeline
