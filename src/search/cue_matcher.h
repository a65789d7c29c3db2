#pragma once

#include <string>
#include <vector>

#include "core/sqlite.h"
#include "search/id_sets.h"
#include "search/query.h"

namespace attune::search {

/// Finds the cues of an open index that match a query, without regard to who says them.
class CueMatcher {
 public:
  /// `last_cues`: ids of the last cue of each file, where no phrase runs over into the next cue.
  /// Both must outlive it.
  CueMatcher(sqlite::Database& database, const Ids& last_cues);

  Ids matches(const Query& query);

  /// A score for each of `cues`, the higher the better: the sum over the phrases it has of
  /// log(all cues / those with the phrase), for queries with OR; 1 where the words of a plain query
  /// stand together, else 0.
  std::vector<double> scores(const Query& query, const Ids& cues);

 private:
  Ids matches(const QueryNode& node);
  Ids matches(const Phrase& phrase);
  /// Cues where the phrase begins and runs over into the next.
  Ids run_overs(const Phrase& phrase);
  Ids find(const std::string& expression);

  sqlite::Statement find_;
  const Ids& last_cues_;
  std::int64_t cues_;
};

}  // namespace attune::search
