#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/tokens.h"

namespace attune::search {

/// Tokens that follow each other; with `prefix` the last may go on.
struct Phrase {
  std::vector<std::string> tokens;
  bool prefix = false;
  /// Between quotation marks: it may run over from a cue into the next.
  bool quoted = false;
};

enum class Operation { kPhrase, kAnd, kOr, kNot };

/// A part of a query, the whole being a tree. Not: what matches `left` and does not match `right`.
struct QueryNode {
  Operation operation = Operation::kPhrase;
  Phrase phrase;
  std::unique_ptr<QueryNode> left;
  std::unique_ptr<QueryNode> right;
};

/// What a person asked for.
struct Query {
  /// Null when nothing was asked.
  std::unique_ptr<QueryNode> root;
  /// What a hit shows: all phrases but those behind NOT.
  std::vector<Phrase> wanted;
  /// Of a query of two or more words without operators: they as a quotation.
  std::optional<Phrase> sentence;
};

/// Reads words (all must occur), "a phrase", prefix*, OR, AND, NOT and parentheses; the operators
/// in capitals. NOT takes away what stands next behind it; OR binds loosest. Words of punctuation
/// alone are left out. Throws Error(kUsage) with the place of a mistake, and when there is text but
/// no word in it, more than 64 words and phrases, or parentheses more than 20 deep.
Query parse_query(std::string_view text);

/// The part in the language of SQLite's FTS5, over tokens joined with blanks.
std::string fts_expression(const QueryNode& node);
std::string fts_expression(const Phrase& phrase);

/// The tokens where a phrase begins and ends.
struct TokenRange {
  std::size_t first = 0;
  std::size_t last = 0;
  bool operator==(const TokenRange&) const = default;
};

/// Where the phrases occur, in order; ranges may overlap.
std::vector<TokenRange> occurrences(const std::vector<Token>& tokens,
                                    const std::vector<Phrase>& phrases);

}  // namespace attune::search
