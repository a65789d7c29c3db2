#include "cli/run_options.h"

namespace attune::cli {

void add_run_options(CLI::App& command, RunCommandOptions& options) {
  command.add_option("input", options.inputs, "Recordings: files or addresses that FFmpeg reads")
      ->required();
  command
      .add_option("-o,--output", options.output_folder, "Folder for the results, made when missing")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_option("--set", options.settings, "Set a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--threads", options.threads, "Worker threads; 0: as many as the machine has")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

RunRequest to_request(const RunCommandOptions& options) {
  RunRequest request;
  request.config = options.config;
  request.inputs = options.inputs;
  request.output_folder = options.output_folder;
  request.overrides = parse_overrides(options.settings);
  request.threads = options.threads;
  return request;
}

}  // namespace attune::cli
