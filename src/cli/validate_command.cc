#include <fmt/format.h>

#include "cli/config_files.h"
#include "cli/inputs.h"
#include "cli/session.h"
#include "pipeline/config.h"

namespace attune::cli {
namespace {

struct ValidateOptions {
  std::string config;
  std::vector<std::string> settings;
};

int validate(const ValidateOptions& options, const Session& session) {
  const auto file = find_config(options.config);
  const auto config = pipeline::load_config(file, parse_overrides(options.settings));
  if (!session.quiet)
    fmt::print("{}: {} nodes, no mistake found\n", file.string(), config.nodes.size());
  return 0;
}

}  // namespace

void add_validate_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("validate", "Check a pipeline without running it");
  auto options = std::make_shared<ValidateOptions>();
  command
      ->add_option("config", options->config,
                   "Pipeline: a .yaml file or the name of one that ships")
      ->required();
  command
      ->add_option("--set", options->settings, "Set a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->callback([options, &session] {
    session.command = [options, &session] { return validate(*options, session); };
  });
}

}  // namespace attune::cli
