#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/stop_signal.h"
#include "core/error.h"
#include "core/log.h"
#include "search/index_database.h"
#include "search/index_update.h"

namespace attune::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSomeFailed = 1;
constexpr std::chrono::seconds kEventInterval{1};
constexpr std::chrono::milliseconds kStatusInterval{100};

struct IndexOptions {
  std::string folder;
  std::string output;
  bool rebuild = false;
  std::string encoding;
};

/// The end of a text that is too long for a line.
std::string shortened(const std::string& text, std::size_t longest) {
  return text.size() <= longest ? text : "..." + text.substr(text.size() - longest + 3);
}

class IndexRun {
 public:
  IndexRun(const IndexOptions& options, Session& session) : session_(session) {
    request_.root = options.folder;
    request_.index = options.output.empty() ? request_.root / std::string(search::kIndexName)
                                            : std::filesystem::path(options.output);
    request_.rebuild = options.rebuild;
    request_.encoding = options.encoding;
    request_.stop = &stop_.requested();
    request_.progress = [this](std::size_t done, std::size_t total, const std::string& path) {
      show(done, total, path);
    };
  }

  int run() {
    const search::UpdateReport report = search::update_index(request_);
    session_.console->status("");
    for (const search::FailedFile& failure : report.failures) tell(failure);
    tell(report);
    if (!report.complete) return stop_.exit_code();
    return report.failures.empty() ? 0 : kSomeFailed;
  }

 private:
  void show(std::size_t done, std::size_t total, const std::string& path) {
    if (session_.quiet) return;
    const Clock::time_point now = Clock::now();
    if (now - last_event_ >= kEventInterval) {
      last_event_ = now;
      session_.console->event({{"event", "progress"},
                               {"input", request_.root.string()},
                               {"done", done},
                               {"total", total},
                               {"wall", wall()}});
    }
    if (now - last_status_ < kStatusInterval) return;
    last_status_ = now;
    const std::string count = fmt::format("{} of {}  ", done, total);
    const auto columns = static_cast<std::size_t>(session_.console->columns());
    if (columns > count.size() + 10)
      session_.console->status(count + shortened(path, columns - count.size() - 1));
  }

  double wall() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

  void tell(const search::FailedFile& failure) {
    log()->error("{}", failure.error.what());
    session_.console->event({{"event", "failed"},
                             {"input", failure.path},
                             {"kind", name(failure.error.kind())},
                             {"message", failure.error.what()}});
  }

  void tell(const search::UpdateReport& report) {
    const std::string index = request_.index.string();
    session_.console->event({{"event", "finished"},
                             {"input", request_.root.string()},
                             {"complete", report.complete},
                             {"files", {index}},
                             {"wall", wall()},
                             {"added", report.added},
                             {"replaced", report.replaced},
                             {"unchanged", report.unchanged},
                             {"removed", report.removed},
                             {"passed_over", report.passed_over},
                             {"failed", report.failures.size()},
                             {"indexed_files", report.files},
                             {"cues", report.cues},
                             {"events", report.events}});
    if (session_.quiet) return;
    fmt::print("{}{}: {} files, {} cues, {} events\n", report.complete ? "" : "stopped; ", index,
               report.files, report.cues, report.events);
    fmt::print("{} added, {} replaced, {} removed, {} unchanged, {} passed over, {} failed\n",
               report.added, report.replaced, report.removed, report.unchanged, report.passed_over,
               report.failures.size());
  }

  Session& session_;
  StopSignal stop_;
  search::UpdateRequest request_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point last_event_ = begun_;
  Clock::time_point last_status_{};
};

}  // namespace

void add_index_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "index", "Put the captions, speakers and events of a folder into an index, for search");
  auto options = std::make_shared<IndexOptions>();
  command
      ->add_option("folder", options->folder,
                   "Folder with results of attune or captions of any kind that attune reads; "
                   "those in the folders below are found too")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("-o,--output", options->output,
                   fmt::format("The index; without it {} in the folder", search::kIndexName))
      ->type_name("FILE");
  command->add_flag("--rebuild", options->rebuild,
                    "Make the index anew; the old one serves until the end");
  command
      ->add_option("--encoding", options->encoding,
                   "Text encoding of the caption files that are not UTF-8")
      ->type_name("NAME");
  command->footer(
      "Run it again whenever files have come, changed or gone: what is unchanged is not read "
      "again.\n"
      "Of the same captions in several formats the JSON result is taken. Exit code 0: everything "
      "is\n"
      "in the index; 1: some files could not be read, the others are in it; 3: the folder or the\n"
      "index cannot be read; 5: the index cannot be written.");
  command->callback([options, &session] {
    session.command = [options, &session] { return IndexRun(*options, session).run(); };
  });
}

}  // namespace attune::cli
