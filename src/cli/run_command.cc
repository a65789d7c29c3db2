#include "cli/config_files.h"
#include "cli/inputs.h"
#include "cli/live.h"
#include "cli/run_options.h"
#include "cli/session.h"

namespace attune::cli {
namespace {

/// A live pipeline is kept running; others come to the end of their recordings.
int run(const RunRequest& request, Session& session) {
  const auto config = pipeline::load_config(find_config(request.config), request.overrides);
  if (!config.latency_budget) return run_inputs(request, session);
  return run_live({.config = request.config,
                   .sources = request.inputs,
                   .output_folder = request.output_folder,
                   .overrides = request.overrides,
                   .http_address = {},
                   .token_file = {},
                   .threads = request.threads},
                  session);
}

}  // namespace

void add_run_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("run", "Run a pipeline over recordings");
  auto options = std::make_shared<RunCommandOptions>();
  command
      ->add_option("config", options->config,
                   "Pipeline: a .yaml file or the name of one that ships")
      ->required();
  add_run_options(*command, *options);
  command->callback([options, &session] {
    session.command = [options, &session] { return run(to_request(*options), session); };
  });
}

}  // namespace attune::cli
