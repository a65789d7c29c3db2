#include "cli/inputs.h"
#include "cli/run_options.h"
#include "cli/session.h"

namespace attune::cli {

void add_run_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("run", "Run a pipeline over recordings");
  auto options = std::make_shared<RunCommandOptions>();
  command
      ->add_option("config", options->config,
                   "Pipeline: a .yaml file or the name of one that ships")
      ->required();
  add_run_options(*command, *options);
  command->callback([options, &session] {
    session.command = [options, &session] { return run_inputs(to_request(*options), session); };
  });
}

}  // namespace attune::cli
