#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/sqlite.h"
#include "search/id_sets.h"

namespace attune::search {

/// The files of an index: which ids are whose.
class FileRanges {
 public:
  enum class Of { kCues, kEvents };

  /// `pattern`: as SearchRequest::file; files that do not match are left out.
  FileRanges(sqlite::Database& database, Of what, const std::string& pattern);

  /// The ids, of `ids`, that belong to a file, each with the file's place in the order of paths.
  struct Placed {
    std::int64_t id = 0;
    /// Index among `ids`.
    std::size_t source = 0;
    std::size_t place = 0;
  };
  std::vector<Placed> placed(const Ids& ids) const;

  /// The last id of each file.
  const Ids& last() const { return last_; }

 private:
  struct Range {
    std::int64_t first = 0;
    std::int64_t end = 0;
    std::size_t place = 0;
  };

  /// In order of `first`.
  std::vector<Range> ranges_;
  Ids last_;
};

}  // namespace attune::search
