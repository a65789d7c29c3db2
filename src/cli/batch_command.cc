#include <fmt/format.h>

#include <memory>
#include <optional>

#include "batch/batch_folder.h"
#include "batch/batch_run.h"
#include "batch/media_probe.h"
#include "batch/resume.h"
#include "cli/batch_commands.h"
#include "cli/batch_inputs.h"
#include "cli/batch_options.h"
#include "cli/batch_outcome.h"
#include "cli/config_files.h"
#include "cli/inputs.h"
#include "core/error.h"
#include "core/log.h"
#include "pipeline/config.h"
#include "pipeline/split.h"

namespace attune::cli {
namespace {

struct BatchCommandOptions {
  BatchInputOptions inputs;
  BatchWorkOptions work;
  std::string shard = "auto";
  std::string pipeline = "caption";
  std::vector<std::string> settings;
  std::string output_folder = "attune-out";
  bool resume = true;
  bool force = false;
  bool retry_failed = false;
  bool dry_run = false;
};

/// Checks the pipeline, and that it can be split where that is asked, before the first worker is
/// started.
void set_pipeline(const BatchCommandOptions& options, const Session& session,
                  batch::BatchOptions& batch) {
  batch.pipeline = std::filesystem::absolute(find_config(options.pipeline)).string();
  batch.settings = parse_overrides(options.settings);
  const pipeline::Config config = pipeline::load_config(batch.pipeline, batch.settings);
  batch.pipeline_hash = config.hash;
  if (batch.split_length > Duration::zero()) pipeline::split(config);
  batch.plugins = session.plugins;
}

batch::BatchOptions to_batch_options(const BatchCommandOptions& options, const Session& session) {
  batch::BatchOptions batch;
  batch.output_folder = options.output_folder;
  apply(options.work, batch);
  set_pipeline(options, session, batch);
  batch.force = options.force;
  batch.retry_failed = options.retry_failed;
  return batch;
}

/// What earlier jobs of this folder did per second, all jobs together.
std::optional<double> measured_speed(const std::vector<batch::Record>& done, int jobs) {
  double media = 0;
  double wall = 0;
  for (const batch::Record& record : done) {
    media += to_seconds(record.media);
    wall += to_seconds(record.wall);
  }
  if (wall <= 0) return std::nullopt;
  return media / wall * jobs;
}

/// Prints what a run would do, a line for each item, and how long it would take.
int show_plan(batch::InputList& list, const batch::BatchOptions& options, Session& session) {
  const batch::BatchFolder folder(options.output_folder);
  batch::WorkLeft left = batch::work_left(list.items, folder, options);
  const auto unreadable = batch::probe_durations(left.to_do, options.jobs * options.threads);
  Duration media{};
  std::size_t unknown = 0;
  for (const batch::Item& item : left.to_do) {
    fmt::print("{}\t{}\t{}\n", item.duration ? format_timestamp(*item.duration) : "?", item.input,
               folder.results(item.output).string());
    media += item.duration.value_or(Duration::zero());
    unknown += item.duration ? 0 : 1;
  }
  for (const batch::RejectedInput& rejected : unreadable) log()->error("{}", rejected.message);
  const auto speed = measured_speed(left.done, options.jobs);
  session.console->line(fmt::format(
      "{} to do, {} of media{}; {} done before, {} failed before; {} jobs of {} threads; {}",
      left.to_do.size(), format_hours(media),
      unknown > 0 ? fmt::format(" and {} unknown", unknown) : "", left.done.size(),
      left.failed.size(), options.jobs, options.threads,
      speed ? fmt::format("about {} at {:.1f} x real time, as measured on those done",
                          format_hours(from_seconds(to_seconds(media) / *speed)), *speed)
            : "how long that takes is known once some are done"));
  session.console->event({{"event", "plan"},
                          {"to_do", left.to_do.size()},
                          {"media", to_seconds(media)},
                          {"unknown", unknown},
                          {"done_before", left.done.size()},
                          {"failed_before", left.failed.size()}});
  return list.rejected.empty() && unreadable.empty() ? 0 : 1;
}

int run(const BatchCommandOptions& options, Session& session) {
  batch::BatchOptions batch = to_batch_options(options, session);
  const auto shard = chosen_shard(options.shard);
  if (shard) batch.shard = fmt::format("{}/{}", shard->index + 1, shard->count);
  batch::InputList list =
      find_batch_inputs(options.inputs, options.output_folder, batch.jobs * batch.threads);
  if (shard) list.items = batch::select(list.items, *shard);
  if (options.dry_run) return show_plan(list, batch, session);
  return run_and_tell(list.items, list.rejected, batch, options.work, session);
}

}  // namespace

void add_batch_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "batch", "Work on many recordings, each in a process of its own; done ones are not repeated");
  auto options = std::make_shared<BatchCommandOptions>();
  add_batch_input_options(*command, options->inputs);
  command
      ->add_option("-o,--output", options->output_folder,
                   "Folder for the results, a folder in it for each recording; made when missing")
      ->type_name("DIR")
      ->capture_default_str();
  command
      ->add_option("--pipeline", options->pipeline,
                   "Pipeline: a .yaml file or the name of one that ships")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      ->add_option("--set", options->settings, "Set a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_shard_option(*command, options->shard);
  command->add_flag("--resume", options->resume,
                    "Leave out what is done and unchanged (the default)");
  command->add_flag("--force", options->force, "Do everything anew")->excludes("--resume");
  command->add_flag("--retry-failed", options->retry_failed,
                    "Also try again what failed in an earlier run");
  command->add_flag("--dry-run", options->dry_run,
                    "Only show what would be done, with durations and an estimate");
  add_batch_work_options(*command, options->work);
  add_batch_plan_command(*command, session);
  add_batch_status_command(*command, session);
  add_batch_retry_command(*command, session);
  add_batch_report_command(*command, session);
  add_batch_worker_command(*command, session);
  command->require_subcommand(0, 1);
  // The callback of a command with subcommands runs for these too, before theirs.
  command->callback([options, command, &session] {
    if (!command->get_subcommands().empty()) return;
    session.command = [options, &session] { return run(*options, session); };
  });
}

}  // namespace attune::cli
