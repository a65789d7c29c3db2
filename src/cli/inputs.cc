#include "cli/inputs.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/config_files.h"
#include "cli/progress.h"
#include "cli/stop_signal.h"
#include "core/error.h"
#include "core/log.h"

namespace attune::cli {
namespace {

/// What became of one input.
struct Outcome {
  std::string input;
  std::optional<pipeline::RunResult> result;
  std::optional<Error> error;
};

std::string short_name(const std::string& input) {
  const auto slash = input.find_last_of('/');
  return slash == std::string::npos || slash + 1 == input.size() ? input : input.substr(slash + 1);
}

void log_statistics(const pipeline::RunResult& result) {
  for (const pipeline::NodeStatistics& node : result.nodes) {
    log()->info("node '{}': {} packets, {:.3f} s", node.name, node.packets, to_seconds(node.busy));
  }
  log()->info("at most {:.1f} MiB in flight",
              static_cast<double>(result.peak_bytes_in_flight) / 1048576);
}

class InputRunner {
 public:
  InputRunner(const pipeline::Config& config, const RunRequest& request, Session& session)
      : config_(config), request_(request), session_(session) {}

  int run() {
    std::vector<Outcome> outcomes;
    for (const std::string& input : request_.inputs) {
      if (stop_.requested()) break;
      outcomes.push_back(run_one(input));
      report(outcomes.back());
    }
    return finish(outcomes);
  }

 private:
  Outcome run_one(const std::string& input) {
    Outcome outcome{input, std::nullopt, std::nullopt};
    try {
      outcome.result = run_pipeline(input);
      if (request_.afterwards && outcome.result->complete) {
        auto& files = outcome.result->files;
        files.push_back(request_.afterwards(input, files, stop_.requested()));
      }
    } catch (const Error& error) {
      outcome.error = error;
    }
    return outcome;
  }

  pipeline::RunResult run_pipeline(const std::string& input) {
    OutputFiles outputs(request_.output_folder, output_stem(input));
    ProgressDisplay display(*session_.console, short_name(input));
    pipeline::RunOptions options;
    options.threads = request_.threads;
    options.stop = &stop_.requested();
    if (!session_.quiet) {
      options.observer = [&](const pipeline::Progress& progress) { display.show(progress); };
    }
    return request_.run(config_, input, &outputs, options);
  }

  void report(const Outcome& outcome) {
    if (outcome.error) {
      log()->error("{}", outcome.error->what());
      session_.console->event({{"event", "failed"},
                               {"input", outcome.input},
                               {"kind", name(outcome.error->kind())},
                               {"message", outcome.error->what()}});
      return;
    }
    const pipeline::RunResult& result = *outcome.result;
    log_statistics(result);
    std::vector<std::string> files;
    for (const auto& file : result.files) files.push_back(file.string());
    nlohmann::json models = nlohmann::json::object();
    for (const auto& [role, model] : result.models)
      models[role] = {{"name", model.name}, {"sha256", model.sha256}};
    const pipeline::Progress whole{result.end, result.end, result.end, result.wall};
    session_.console->event({{"event", "finished"},
                             {"input", outcome.input},
                             {"complete", result.complete},
                             {"files", files},
                             {"models", models},
                             {"media", to_seconds(result.end)},
                             {"wall", to_seconds(result.wall)}});
    if (session_.quiet || session_.log_json) return;
    session_.console->line(
        fmt::format("{}: {} {:.1f} s of media in {:.1f} s{}", short_name(outcome.input),
                    result.complete ? "finished," : "stopped on request,", to_seconds(result.end),
                    to_seconds(result.wall),
                    speed(whole) ? fmt::format(" ({:.1f} x real time)", *speed(whole)) : ""));
    for (const std::string& file : files) fmt::print("{}\n", file);
    std::fflush(stdout);
  }

  int finish(const std::vector<Outcome>& outcomes) {
    std::size_t failed = 0;
    for (const Outcome& outcome : outcomes) failed += outcome.error ? 1 : 0;
    const std::size_t total = request_.inputs.size();
    if (total > 1) {
      const std::string summary =
          fmt::format("{} of {} inputs finished, {} failed, {} not begun", outcomes.size() - failed,
                      total, failed, total - outcomes.size());
      if (!session_.quiet) session_.console->line(summary);
    }
    if (stop_.exit_code() != 0) return stop_.exit_code();
    if (failed == 0) return 0;
    return total > 1 ? 1 : exit_code(outcomes.front().error->kind());
  }

  const pipeline::Config& config_;
  const RunRequest& request_;
  Session& session_;
  StopSignal stop_;
};

}  // namespace

pipeline::Overrides parse_overrides(const std::vector<std::string>& texts) {
  pipeline::Overrides overrides;
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::kUsage, fmt::format("--set {}: write --set NAME=VALUE", text));
    }
    overrides[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return overrides;
}

std::string output_stem(const std::string& input) {
  const bool url = input.find("://") != std::string::npos;
  std::string name = url ? input.substr(0, input.find_first_of("?#")) : input;
  name = std::filesystem::path(name).filename().stem().string();
  return name.empty() ? "attune" : name;
}

void require_distinct_stems(const std::vector<std::string>& inputs) {
  std::map<std::string, std::string> seen;
  for (const std::string& input : inputs) {
    const auto [entry, added] = seen.emplace(output_stem(input), input);
    if (!added) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("{} and {} would both write results named '{}': run them apart with "
                              "different output folders (-o)",
                              entry->second, input, entry->first));
    }
  }
}

int run_inputs(const RunRequest& request, Session& session) {
  require_distinct_stems(request.inputs);
  const pipeline::Config config =
      pipeline::load_config(find_config(request.config), request.overrides);
  return InputRunner(config, request, session).run();
}

}  // namespace attune::cli
