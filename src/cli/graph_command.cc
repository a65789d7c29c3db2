#include <fmt/format.h>

#include <fstream>

#include "cli/config_files.h"
#include "cli/inputs.h"
#include "cli/session.h"
#include "core/error.h"
#include "pipeline/config.h"
#include "pipeline/latency.h"

namespace attune::cli {
namespace {

struct GraphOptions {
  std::string config;
  std::string output;
  std::vector<std::string> settings;
};

/// What a live pipeline promises, beside what its nodes add, on standard error.
void say_latency(const pipeline::Config& config) {
  const auto paths = pipeline::slowest_paths(config);
  if (!config.latency_budget || !paths) return;
  for (const pipeline::LatencyPath& path : *paths)
    fmt::print(stderr, "latency of {}: {} of {:g} s\n", path.sink, pipeline::to_string(path),
               to_seconds(config.budget_of(path.sink)));
}

int draw(const GraphOptions& options) {
  const auto config =
      pipeline::load_config(find_config(options.config), parse_overrides(options.settings));
  const std::string dot = pipeline::to_dot(config);
  say_latency(config);
  if (options.output.empty()) {
    fmt::print("{}", dot);
    return 0;
  }
  std::ofstream file(options.output, std::ios::binary);
  file << dot;
  if (!file.flush()) {
    throw Error(ErrorKind::kOutput, fmt::format("{}: cannot be written", options.output));
  }
  return 0;
}

}  // namespace

void add_graph_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("graph", "Draw a pipeline as Graphviz dot");
  auto options = std::make_shared<GraphOptions>();
  command
      ->add_option("config", options->config,
                   "Pipeline: a .yaml file or the name of one that ships")
      ->required();
  command->add_option("-o,--output", options->output, "File to write instead of standard output")
      ->type_name("FILE");
  command
      ->add_option("--set", options->settings, "Set a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->callback(
      [options, &session] { session.command = [options] { return draw(*options); }; });
}

}  // namespace attune::cli
