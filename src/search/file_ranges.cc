#include "search/file_ranges.h"

#include <fnmatch.h>

#include <algorithm>

namespace attune::search {
namespace {

bool fits(const std::string& path, const std::string& pattern) {
  if (pattern.empty() || fnmatch(pattern.c_str(), path.c_str(), 0) == 0) return true;
  const std::size_t slash = path.rfind('/');
  return slash != std::string::npos && fnmatch(pattern.c_str(), path.c_str() + slash + 1, 0) == 0;
}

}  // namespace

FileRanges::FileRanges(sqlite::Database& database, Of what, const std::string& pattern) {
  sqlite::Statement select = database.prepare(
      what == Of::kCues ? "SELECT path, first_cue, cues FROM files ORDER BY path"
                        : "SELECT path, first_event, events FROM files ORDER BY path");
  for (std::size_t place = 0; select.step(); ++place) {
    const std::int64_t first = select.int64(1);
    const std::int64_t count = select.int64(2);
    if (count > 0 && fits(select.text(0), pattern))
      ranges_.push_back({first, first + count, place});
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  for (const Range& range : ranges_) last_.push_back(range.end - 1);
}

std::vector<FileRanges::Placed> FileRanges::placed(const Ids& ids) const {
  std::vector<Placed> result;
  result.reserve(ids.size());
  auto range = ranges_.begin();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    while (range != ranges_.end() && range->end <= ids[i]) ++range;
    if (range == ranges_.end()) break;
    if (range->first <= ids[i]) result.push_back({ids[i], i, range->place});
  }
  return result;
}

}  // namespace attune::search
