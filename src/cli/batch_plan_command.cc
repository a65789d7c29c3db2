#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "batch/chunk_plan.h"
#include "batch/media_probe.h"
#include "cli/batch_commands.h"
#include "cli/batch_inputs.h"
#include "core/error.h"
#include "core/log.h"
#include "core/output_files.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kSomeFailed = 1;
/// Of a longer plan only the summary is told.
constexpr std::size_t kMostChunksListed = 50;

struct PlanOptions {
  BatchInputOptions inputs;
  int chunks = 0;
  std::string output = "-";
  int threads = 0;
};

/// "12.5 min" below an hour, else "3.25 h".
std::string length(Duration media) {
  const double minutes = to_seconds(media) / 60;
  return minutes < 60 ? fmt::format("{:.1f} min", minutes) : fmt::format("{:.2f} h", minutes / 60);
}

void write(const std::string& output, const std::string& text) {
  if (output == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
      throw Error(ErrorKind::kOutput, "standard output: cannot be written");
    }
    return;
  }
  const fs::path file(output);
  OutputFiles files(file.has_parent_path() ? file.parent_path() : ".", file.filename().string());
  files.write("", text);
  files.commit();
}

void tell(const batch::ChunkPlan& plan, std::size_t rejected, Console& console) {
  if (plan.chunks.size() <= kMostChunksListed) {
    for (std::size_t i = 0; i < plan.chunks.size(); ++i) {
      console.line(fmt::format("chunk {}: {} files, {}", i, plan.chunks[i].files,
                               length(plan.chunks[i].media)));
    }
  }
  Duration total{};
  for (const batch::ChunkLoad& chunk : plan.chunks) total += chunk.media;
  const auto [least, most] =
      std::minmax_element(plan.chunks.begin(), plan.chunks.end(),
                          [](const auto& a, const auto& b) { return a.media < b.media; });
  std::string summary =
      fmt::format("{} files, {} in {} chunks of {} to {}", plan.items.size(), length(total),
                  plan.chunks.size(), length(least->media), length(most->media));
  if (plan.imbalance) {
    summary += fmt::format("; the fullest has {:.1f} % more than the average",
                           (*plan.imbalance - 1) * 100);
  }
  if (plan.unknown_durations > 0) {
    summary += fmt::format("; {} of unknown duration count with the median of the others",
                           plan.unknown_durations);
  }
  if (rejected > 0) summary += fmt::format("; {} left out with the errors above", rejected);
  console.line(summary);
}

int plan(const PlanOptions& options, Session& session) {
  batch::InputList list = find_batch_inputs(options.inputs, "", options.threads);
  const auto unopened = batch::probe_durations(list.items, options.threads);
  for (const batch::RejectedInput& input : unopened) {
    log()->error("{}: {}", input.origin, input.message);
  }
  const std::size_t rejected = list.rejected.size() + unopened.size();
  if (list.items.empty()) {
    throw Error(ErrorKind::kInput, "there is nothing to plan: no input is a recording");
  }
  const batch::ChunkPlan plan = batch::plan_chunks(std::move(list.items), options.chunks);
  write(options.output, batch::to_manifest(plan.items));
  if (!session.quiet) tell(plan, rejected, *session.console);
  return rejected > 0 ? kSomeFailed : 0;
}

}  // namespace

void add_batch_plan_command(CLI::App& batch, Session& session) {
  CLI::App* command = batch.add_subcommand(
      "plan", "Cut a batch into chunks of equal media time, as a manifest for --shard");
  auto options = std::make_shared<PlanOptions>();
  command->footer(
      "Cut into many more chunks than there are nodes, and start one task a chunk: the engine then "
      "gives a node that is done early the next one.");
  add_batch_input_options(*command, options->inputs);
  command->add_option("--chunks", options->chunks, "Number of chunks")
      ->type_name("N")
      ->required()
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("-o,--output", options->output,
                   "File to write, whole or not at all; - for standard output")
      ->type_name("FILE")
      ->capture_default_str();
  command
      ->add_option("--threads", options->threads,
                   "Files looked into at a time; 0: as many as "
                   "the machine has")
      ->type_name("N")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->callback([options, &session] {
    session.command = [options, &session] { return plan(*options, session); };
  });
}

}  // namespace attune::cli
