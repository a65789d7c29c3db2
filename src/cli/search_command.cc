#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "cli/search_output.h"
#include "cli/session.h"
#include "core/error.h"
#include "search/index_database.h"
#include "search/search.h"

namespace attune::cli {
namespace fs = std::filesystem;
namespace {

constexpr int kNothingFound = 1;

struct SearchOptions {
  std::vector<std::string> words;
  std::string index;
  search::SearchRequest request;
  bool as_json = false;
};

/// In this folder, or the nearest above it.
fs::path nearest_index() {
  std::error_code error;
  const fs::path start = fs::current_path(error);
  fs::path way;
  for (fs::path folder = start; !error; folder = folder.parent_path(), way /= "..") {
    const fs::path index = way / std::string(search::kIndexName);
    if (std::error_code ignored; fs::exists(index, ignored)) return index;
    if (folder == folder.parent_path()) break;
  }
  throw Error(ErrorKind::kInput,
              fmt::format("there is no {} in this folder or above it; make one with 'attune index "
                          "DIR', or name one with --index",
                          search::kIndexName));
}

fs::path index_file(const std::string& named) {
  if (named.empty()) return nearest_index();
  std::error_code ignored;
  return fs::is_directory(named, ignored) ? fs::path(named) / std::string(search::kIndexName)
                                          : fs::path(named);
}

bool prints_colours() {
  const char* terminal = std::getenv("TERM");
  const char* refused = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (refused == nullptr || *refused == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

void print_text(const search::SearchRequest& request, const search::Answer& answer,
                Session& session) {
  const bool colours = prints_colours();
  for (const search::Hit& hit : answer.hits) fmt::print("{}\n", to_line(hit, colours));
  // Before what is said about it.
  std::fflush(stdout);
  if (session.quiet) return;
  const std::size_t shown_end = request.offset + answer.hits.size();
  if (answer.total == 0)
    session.console->line("nothing found");
  else if (answer.hits.size() < answer.total)
    session.console->line(fmt::format(
        "{} of {} hits{}", answer.hits.size(), answer.total,
        shown_end < answer.total ? fmt::format("; --offset {} shows more", shown_end) : ""));
}

int run_search(SearchOptions& options, Session& session) {
  search::SearchRequest& request = options.request;
  request.query = fmt::format("{}", fmt::join(options.words, " "));
  request.index = index_file(options.index);
  const search::Answer answer = search::search(request);
  if (options.as_json)
    fmt::print("{}\n", to_json(request, answer));
  else
    print_text(request, answer, session);
  return answer.total == 0 ? kNothingFound : 0;
}

void add_conditions(CLI::App& command, SearchOptions& options) {
  search::SearchRequest& request = options.request;
  command
      .add_option("--speaker", request.speaker,
                  "Only what is said by somebody with these words in their name")
      ->type_name("NAME");
  command
      .add_option(
          "--event", request.event,
          "Only what is said while such an event lasts; without words, the events "
          "themselves: speech, off-screen, shot-change, sync, out-of-sync, incomplete, note")
      ->type_name("KIND");
  command
      .add_option("--file", request.file,
                  "Only in files whose path or name fits the pattern; * stands for anything")
      ->type_name("GLOB");
}

}  // namespace

void add_search_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "search", "Find words, speakers and events in an index, with file and time");
  auto options = std::make_shared<SearchOptions>();
  search::SearchRequest& request = options->request;
  command->add_option("words", options->words, "What to look for")->type_name("WORDS");
  add_conditions(*command, *options);
  command
      ->add_option("--index", options->index,
                   fmt::format("The index, or the folder where it is; without it {} in this "
                               "folder or the nearest above",
                               search::kIndexName))
      ->type_name("FILE");
  static const std::map<std::string, search::Order> kOrders = {
      {"relevance", search::Order::kRelevance}, {"time", search::Order::kTime}};
  command
      ->add_option("--order", request.order,
                   "relevance: best hits first; time: by file and time; relevance unless given")
      ->transform(
          CLI::CheckedTransformer(kOrders, CLI::ignore_case).description("{relevance,time}"))
      ->type_name("ORDER");
  command->add_option("--limit", request.limit, "Show so many hits at most")->capture_default_str();
  command->add_option("--offset", request.offset, "Leave out so many hits before")
      ->capture_default_str();
  command->add_flag("--json", options->as_json, "One JSON object: docs/schema/search.schema.json");
  command->footer(
      "Words must all occur in a cue; case and accents do not count. \"to be\" (with its "
      "quotation\n"
      "marks; quote them for the shell) is a phrase, climat* the start of a word, and OR, AND, "
      "NOT\n"
      "and brackets combine. Exit code 0: found; 1: nothing found; 2: a mistake in the words;\n"
      "3: there is no index, or it cannot be read.");
  command->callback([options, &session] {
    session.command = [options, &session] { return run_search(*options, session); };
  });
}

}  // namespace attune::cli
