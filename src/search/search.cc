#include "search/search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "core/error.h"
#include "search/cue_matcher.h"
#include "search/file_ranges.h"
#include "search/hit_reader.h"
#include "search/index_database.h"
#include "search/query.h"

namespace attune::search {
namespace fs = std::filesystem;
namespace {

/// One hit before it is read.
struct Found {
  std::int64_t id = 0;
  std::size_t place = 0;
  double score = 0;
};

bool comes_first(const Found& a, const Found& b) {
  return std::tie(b.score, a.place, a.id) < std::tie(a.score, b.place, b.id);
}

bool has_name(const std::string& names, const Phrase& wanted) {
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find('\n', begin), names.size());
    if (!occurrences(tokens_of(std::string_view(names).substr(begin, end - begin)), {wanted})
             .empty())
      return true;
    begin = end + 1;
  }
  return false;
}

/// One question to an open index.
class Search {
 public:
  Search(const SearchRequest& request, sqlite::Database& database)
      : request_(request), database_(database), query_(parse_query(request.query)) {
    if (!query_.root && request.speaker.empty() && request.event.empty())
      throw Error(ErrorKind::kUsage, "nothing to search for: give words, a speaker or an event");
  }

  Answer run() {
    const bool events = !query_.root && !request_.event.empty();
    const FileRanges ranges(database_, events ? FileRanges::Of::kEvents : FileRanges::Of::kCues,
                            request_.file);
    std::vector<Found> found = events ? find_events(ranges) : find_cues(ranges);
    Answer answer;
    answer.total = found.size();
    const std::size_t begin = std::min(request_.offset, found.size());
    const std::size_t end = begin + std::min(request_.limit, found.size() - begin);
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(end), found.end(),
                      comes_first);
    HitReader reader(database_, root());
    for (std::size_t i = begin; i < end; ++i)
      answer.hits.push_back(events ? reader.event(found[i].id) : reader.cue(found[i].id, query_));
    return answer;
  }

 private:
  fs::path root() {
    const std::string root = index_root(database_);
    return root == "." ? request_.index.parent_path() : fs::path(root);
  }

  std::vector<Found> find_cues(const FileRanges& ranges) {
    CueMatcher matcher(database_, ranges.last());
    Ids cues = query_.root ? matcher.matches(query_) : said_by(request_.speaker);
    if (query_.root && !cues.empty() && !request_.speaker.empty())
      cues = common(cues, said_by(request_.speaker));
    if (!cues.empty() && !request_.event.empty()) cues = common(cues, meeting(request_.event));
    const bool ranked = query_.root && request_.order == Order::kRelevance;
    return placed(ranges, cues, ranked ? matcher.scores(query_, cues) : std::vector<double>());
  }

  static std::vector<Found> placed(const FileRanges& ranges, const Ids& ids,
                                   const std::vector<double>& scores) {
    std::vector<Found> found;
    found.reserve(ids.size());
    for (const FileRanges::Placed& one : ranges.placed(ids))
      found.push_back({one.id, one.place, scores.empty() ? 0 : scores[one.source]});
    return found;
  }

  std::vector<Found> find_events(const FileRanges& ranges) {
    const std::int64_t kind = kind_id(request_.event);
    if (request_.speaker.empty())
      return placed(ranges, ids("SELECT id FROM events WHERE kind = ?", kind, std::nullopt), {});
    Ids events;
    for (const std::int64_t name : names_with(request_.speaker)) {
      const Ids more = ids("SELECT id FROM events WHERE kind = ? AND name = ?", kind, name);
      events.insert(events.end(), more.begin(), more.end());
    }
    std::sort(events.begin(), events.end());
    return placed(ranges, events, {});
  }

  Ids ids(std::string_view sql, std::int64_t first, std::optional<std::int64_t> second) {
    sqlite::Statement select = database_.prepare(sql);
    select.bind(1, first);
    if (second) select.bind(2, *second);
    Ids result;
    while (select.step()) result.push_back(select.int64(0));
    if (!std::is_sorted(result.begin(), result.end())) std::sort(result.begin(), result.end());
    return result;
  }

  Ids said_by(const std::string& speaker) {
    Ids cues;
    for (const std::int64_t name : names_with(speaker)) {
      const Ids more = ids("SELECT id FROM cues WHERE name = ?", name, std::nullopt);
      cues.insert(cues.end(), more.begin(), more.end());
    }
    std::sort(cues.begin(), cues.end());
    return cues;
  }

  std::vector<std::int64_t> names_with(const std::string& speaker) {
    Phrase wanted;
    for (Token& token : tokens_of(speaker)) wanted.tokens.push_back(std::move(token.text));
    if (wanted.tokens.empty())
      throw Error(ErrorKind::kUsage,
                  fmt::format("speaker '{}': there is no letter or digit in it", speaker));
    std::vector<std::int64_t> found;
    sqlite::Statement select = database_.prepare("SELECT id, name FROM names");
    while (select.step())
      if (has_name(select.text(1), wanted)) found.push_back(select.int64(0));
    return found;
  }

  Ids meeting(const std::string& event) {
    return ids("SELECT cue FROM cue_events WHERE kind = ?", kind_id(event), std::nullopt);
  }

  std::int64_t kind_id(const std::string& kind) {
    std::vector<std::string> known;
    sqlite::Statement select = database_.prepare(
        "SELECT id, name FROM kinds WHERE EXISTS (SELECT 1 FROM events WHERE kind = kinds.id) "
        "ORDER BY name");
    while (select.step()) {
      if (select.view(1) == kind) return select.int64(0);
      known.push_back(select.text(1));
    }
    throw Error(ErrorKind::kUsage,
                fmt::format("event '{}': there is none in the index; there are: {}", kind,
                            known.empty() ? "no events at all"
                                          : fmt::format("{}", fmt::join(known, ", "))));
  }

  const SearchRequest& request_;
  sqlite::Database& database_;
  Query query_;
};

}  // namespace

Answer search(const SearchRequest& request) {
  // Open for writing, so that SQLite can roll back what a killed update left.
  sqlite::Database database = open_index(request.index, sqlite::OpenMode::kReadWrite);
  try {
    // One state of the index for all that is read.
    database.execute("PRAGMA query_only = 1; PRAGMA cache_size = -65536; BEGIN");
    return Search(request, database).run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
    throw Error(
        ErrorKind::kInput,
        fmt::format("{}; make the index anew with: attune index DIR --rebuild", error.what()));
  }
}

}  // namespace attune::search
