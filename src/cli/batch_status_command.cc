#include <fmt/format.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "batch/batch_folder.h"
#include "batch/ledger.h"
#include "cli/batch_commands.h"
#include "core/error.h"
#include "core/log.h"

namespace attune::cli {
namespace {

struct StatusOptions {
  std::string folder;
  bool rebuild = false;
  bool json = false;
};

struct Totals {
  std::size_t done = 0;
  std::map<std::string, std::size_t> failed;
  double media_seconds = 0;
  double wall_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
};

Totals add_up(const std::vector<batch::LedgerRow>& rows) {
  Totals totals;
  for (const batch::LedgerRow& row : rows) {
    totals.peak_memory_bytes = std::max(totals.peak_memory_bytes, row.peak_memory_bytes);
    totals.wall_seconds += row.wall_seconds;
    if (row.is_done()) {
      ++totals.done;
      totals.media_seconds += row.media_seconds;
    } else {
      ++totals.failed[row.failure_class];
    }
  }
  return totals;
}

void print_json(const std::vector<batch::LedgerRow>& rows, const Totals& totals) {
  nlohmann::json failures = nlohmann::json::array();
  for (const batch::LedgerRow& row : rows) {
    if (row.is_done()) continue;
    failures.push_back({{"input", row.input},
                        {"output", row.output},
                        {"class", row.failure_class},
                        {"message", row.message},
                        {"attempts", row.attempts}});
  }
  const nlohmann::json object{{"done", totals.done},
                              {"failed", totals.failed},
                              {"media", totals.media_seconds},
                              {"wall", totals.wall_seconds},
                              {"peak_memory", totals.peak_memory_bytes},
                              {"failures", failures}};
  fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_text(const std::vector<batch::LedgerRow>& rows, const Totals& totals) {
  std::size_t failed = 0;
  for (const auto& [kind, count] : totals.failed) failed += count;
  fmt::print("{} done, {:.2f} h of media in {:.2f} h of jobs, at most {} MiB in one\n", totals.done,
             totals.media_seconds / 3600, totals.wall_seconds / 3600,
             totals.peak_memory_bytes >> 20);
  fmt::print("{} failed\n", failed);
  for (const batch::LedgerRow& row : rows)
    if (!row.is_done()) fmt::print("{}\t{}\t{}\n", row.failure_class, row.input, row.message);
}

int run(const StatusOptions& options) {
  const batch::BatchFolder folder(options.folder);
  if (!std::filesystem::is_directory(folder.state())) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not the output folder of an attune batch", options.folder));
  }
  const auto rows = batch::read_ledgers(
      folder, options.rebuild, [](const std::string& problem) { log()->warn("{}", problem); });
  const Totals totals = add_up(rows);
  options.json ? print_json(rows, totals) : print_text(rows, totals);
  return 0;
}

}  // namespace

void add_batch_status_command(CLI::App& batch, Session& session) {
  CLI::App* command =
      batch.add_subcommand("status", "What is done and what failed in an output folder");
  auto options = std::make_shared<StatusOptions>();
  command->add_option("folder", options->folder, "Output folder of a batch")->required();
  command->add_flag("--rebuild", options->rebuild,
                    "Read the records of all results instead of the ledger");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([options, &session] { session.command = [options] { return run(*options); }; });
}

}  // namespace attune::cli
