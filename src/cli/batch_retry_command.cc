#include <memory>

#include "batch/batch_folder.h"
#include "cli/batch_commands.h"
#include "cli/batch_options.h"
#include "cli/batch_outcome.h"
#include "core/error.h"
#include "pipeline/config.h"

namespace attune::cli {
namespace {

struct RetryOptions {
  std::string folder;
  std::vector<std::string> classes;
  BatchWorkOptions work;
};

bool is_wanted(const batch::Record& record, const std::vector<std::string>& classes) {
  if (classes.empty()) return true;
  return std::find(classes.begin(), classes.end(), name(record.failure->kind)) != classes.end();
}

int run(const RetryOptions& options, Session& session) {
  const batch::BatchFolder folder(options.folder);
  batch::BatchOptions batch;
  batch.output_folder = options.folder;
  load_pipeline(folder.settings_file(), batch);
  batch.pipeline_hash = pipeline::load_config(batch.pipeline, batch.settings).hash;
  batch.retry_failed = true;
  apply(options.work, batch);
  std::vector<batch::Item> items;
  for (const batch::Record& record : folder.failures())
    if (is_wanted(record, options.classes)) items.push_back(record.item);
  return run_and_tell(items, {}, batch, options.work, session);
}

}  // namespace

void add_batch_retry_command(CLI::App& batch, Session& session) {
  CLI::App* command =
      batch.add_subcommand("retry-failed", "Try again what failed, with the settings of the batch");
  auto options = std::make_shared<RetryOptions>();
  command->add_option("folder", options->folder, "Output folder of the batch")->required();
  command
      ->add_option("--class", options->classes,
                   "Only these: bad_input, configuration, gone, resources, time_out, crash")
      ->delimiter(',')
      ->type_name("LIST")
      ->check(
          CLI::IsMember({"bad_input", "configuration", "gone", "resources", "time_out", "crash"}));
  add_batch_work_options(*command, options->work);
  command->callback([options, &session] {
    session.command = [options, &session] { return run(*options, session); };
  });
}

}  // namespace attune::cli
