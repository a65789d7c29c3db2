#pragma once

#include <cstdint>
#include <filesystem>

#include "core/sqlite.h"
#include "search/query.h"
#include "search/search.h"

namespace attune::search {

/// Reads what a person sees of a hit. The database must outlive it.
class HitReader {
 public:
  /// `root`: the folder that the files' paths start from.
  HitReader(sqlite::Database& database, std::filesystem::path root);

  Hit cue(std::int64_t id, const Query& query);
  Hit event(std::int64_t id);

 private:
  /// A row of the table of cues, and its tokens.
  struct Cue {
    std::int64_t file = 0;
    TimeSpan span{};
    std::string names;
    std::string text;
    std::vector<Token> tokens;
    std::vector<std::optional<TokenTime>> times;
  };

  Cue read_cue(std::int64_t id);
  /// The two as one where a phrase of the query runs over from the first into the second.
  void join_where_it_runs_over(Cue& cue, std::int64_t next_id, const Query& query);
  void fill_file(Hit& hit, std::int64_t file_id);

  std::filesystem::path root_;
  sqlite::Statement cue_;
  sqlite::Statement event_;
  sqlite::Statement file_;
};

/// What to mark of a text: the bytes of the ranges, those that overlap as one.
std::vector<Mark> marks_of(const std::vector<Token>& tokens, const std::vector<TokenRange>& ranges,
                           const std::vector<std::optional<TokenTime>>& times);

}  // namespace attune::search
