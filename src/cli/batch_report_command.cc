#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "batch/batch_folder.h"
#include "batch/ledger.h"
#include "batch/report.h"
#include "cli/batch_commands.h"
#include "core/error.h"
#include "core/log.h"

namespace attune::cli {
namespace {

struct ReportOptions {
  std::string folder;
  std::string file;
};

int run(const ReportOptions& options) {
  const batch::BatchFolder folder(options.folder);
  const auto problem = [](const std::string& text) { log()->warn("{}", text); };
  const auto rows = batch::read_ledgers(folder, false, problem);
  if (rows.empty()) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: nothing is recorded here; is this the output folder of an attune "
                            "batch?",
                            options.folder));
  }
  const std::filesystem::path file =
      options.file.empty() ? folder.output() / "report.html" : std::filesystem::path(options.file);
  const std::string title =
      "attune batch: " + std::filesystem::weakly_canonical(folder.output()).filename().string();
  batch::write_whole(file, report_html(report_entries(folder, rows, problem), title));
  fmt::print("{}\n", file.string());
  return 0;
}

}  // namespace

void add_batch_report_command(CLI::App& batch, Session& session) {
  CLI::App* command = batch.add_subcommand(
      "report", "Write report.html: what was found, what failed, what is out of sync");
  auto options = std::make_shared<ReportOptions>();
  command->add_option("folder", options->folder, "Output folder of a batch")->required();
  command->add_option("-o,--output", options->file, "Where; DIR/report.html unless given")
      ->type_name("FILE");
  command->callback([options, &session] { session.command = [options] { return run(*options); }; });
}

}  // namespace attune::cli
