// How long an index takes to make and to bring up to date, how large it is, and how long queries
// of several kinds take over it. Run it with the folder on the disk that is meant:
//
//   search_bench --folder DIR [--cues 1000000] [--queries 50]

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>

#include "corpus.h"
#include "search/index_database.h"
#include "search/index_update.h"
#include "search/search.h"

namespace attune::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using search::Order;
using search::SearchRequest;

double seconds_of(const std::function<void()>& work) {
  const Clock::time_point begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Makes one query of a kind after another.
class Queries {
 public:
  explicit Queries(const Corpus& corpus, int files) : corpus_(corpus), files_(files) {}

  std::string common(int among) { return corpus_.vocabulary().word(below(among)); }
  std::string middling() { return corpus_.vocabulary().word(1000 + below(4000)); }
  std::string rare() { return corpus_.vocabulary().word(60'000 + below(40'000)); }
  std::string beginning(std::size_t letters) { return middling().substr(0, letters); }

  /// Words that follow each other in a cue, or run over from it into the next.
  std::string quotation(int words, bool runs_over) {
    int file = below(files_);
    if (corpus_.is_chinese(file)) --file;
    const captions::Result result = corpus_.recording(file);
    const int cue = below(Corpus::kCuesPerFile - 1);
    std::size_t first = 0;
    while (result.words[first].span.start <
           result.captions[static_cast<std::size_t>(cue)].span.start)
      ++first;
    std::size_t next = first;
    while (result.words[next].span.start <
           result.captions[static_cast<std::size_t>(cue) + 1].span.start)
      ++next;
    const std::size_t begin = runs_over ? next - static_cast<std::size_t>(words) / 2 : first;
    std::string text = "\"";
    for (std::size_t i = begin; i < begin + static_cast<std::size_t>(words); ++i)
      text += result.words[i].text + ' ';
    return text + '"';
  }

  std::string chinese(std::size_t characters) {
    const captions::Result result = corpus_.recording(19);
    const auto cue = static_cast<std::size_t>(below(Corpus::kCuesPerFile));
    return result.captions[cue].lines[1].substr(0, 3 * characters);
  }

 private:
  int below(int end) { return static_cast<int>(random_() % static_cast<std::uint64_t>(end)); }

  const Corpus& corpus_;
  int files_;
  std::mt19937_64 random_{7};
};

struct Kind {
  std::string name;
  std::function<SearchRequest()> next;
};

SearchRequest words(std::string query) {
  SearchRequest request;
  request.query = std::move(query);
  return request;
}

SearchRequest with(SearchRequest request, const std::function<void(SearchRequest&)>& change) {
  change(request);
  return request;
}

std::vector<Kind> kinds(Queries& q) {
  return {
      {"a rare word", [&] { return words(q.rare()); }},
      {"a word in 1,000 to 5,000", [&] { return words(q.middling()); }},
      {"one of the ten commonest words", [&] { return words(q.common(10)); }},
      {"the same, by time, hits 10,001 to 10,020",
       [&] {
         return with(words(q.common(10)), [](SearchRequest& r) {
           r.order = Order::kTime;
           r.offset = 10'000;
         });
       }},
      {"the same, of one speaker",
       [&] {
         return with(words(q.common(10)), [](SearchRequest& r) { r.speaker = "speaker 2"; });
       }},
      {"the same, off screen",
       [&] { return with(words(q.common(10)), [](SearchRequest& r) { r.event = "off-screen"; }); }},
      {"the same, in one file",
       [&] { return with(words(q.common(10)), [](SearchRequest& r) { r.file = "000042.*"; }); }},
      {"three of the hundred commonest words",
       [&] { return words(q.common(100) + ' ' + q.common(100) + ' ' + q.common(100)); }},
      {"common OR common OR rare",
       [&] { return words(q.common(10) + " OR " + q.common(10) + " OR " + q.rare()); }},
      {"common NOT common", [&] { return words(q.common(10) + " NOT " + q.common(10)); }},
      {"a phrase of four words", [&] { return words(q.quotation(4, false)); }},
      {"a phrase of four words over two cues", [&] { return words(q.quotation(4, true)); }},
      {"a phrase of two of the ten commonest words",
       [&] { return words('"' + q.common(10) + ' ' + q.common(10) + '"'); }},
      {"the start of a word, one letter", [&] { return words(q.beginning(1) + '*'); }},
      {"the start of a word, three letters", [&] { return words(q.beginning(3) + '*'); }},
      {"two Chinese characters", [&] { return words(q.chinese(2)); }},
      {"no words, one speaker", [&] { return with({}, [](auto& r) { r.speaker = "speaker 2"; }); }},
      {"no words, shot changes",
       [&] { return with({}, [](auto& r) { r.event = "shot-change"; }); }},
      {"no words, out of sync", [&] { return with({}, [](auto& r) { r.event = "out-of-sync"; }); }},
  };
}

void measure(const fs::path& index, const Kind& kind, int queries) {
  std::vector<double> times;
  std::size_t hits = 0;
  for (int i = 0; i < queries; ++i) {
    SearchRequest request = kind.next();
    request.index = index;
    times.push_back(1000 * seconds_of([&] { hits += search::search(request).total; }));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  fmt::print("| {} | {} | {:.1f} | {:.1f} | {:.1f} |\n", kind.name,
             hits / static_cast<std::size_t>(queries), at(0.5), at(0.99), times.back());
  std::fflush(stdout);
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  using namespace attune;
  CLI::App program("Times the index and its queries");
  std::string folder;
  int cues = 1'000'000;
  int queries = 50;
  program.add_option("--folder", folder, "Where the files and the index are put")->required();
  program.add_option("--cues", cues);
  program.add_option("--queries", queries, "Of each kind");
  CLI11_PARSE(program, argc, argv);

  const int files = std::max(cues / bench::Corpus::kCuesPerFile, 1);
  const bench::Corpus corpus(files, 1);
  const std::filesystem::path archive = std::filesystem::path(folder) / "archive";
  corpus.write(archive);

  search::UpdateRequest update;
  update.root = archive;
  update.index = std::filesystem::path(folder) / std::string(search::kIndexName);
  if (!std::filesystem::exists(update.index)) {
    search::UpdateReport report;
    const double time = bench::seconds_of([&] { report = search::update_index(update); });
    fmt::print("indexed {} files, {} cues, {} events in {:.1f} s\n", report.files, report.cues,
               report.events, time);
  }
  const double again = bench::seconds_of([&] { search::update_index(update); });
  fmt::print("nothing changed: {:.2f} s; the index has {:.0f} MB\n", again,
             static_cast<double>(std::filesystem::file_size(update.index)) / 1e6);
  fmt::print(
      "\n| query | hits, mean | p50 ms | p99 ms | slowest ms |\n| --- | ---: | ---: | ---: | ---: "
      "|\n");
  bench::Queries source(corpus, files);
  for (const bench::Kind& kind : bench::kinds(source)) bench::measure(update.index, kind, queries);
}
