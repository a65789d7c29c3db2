#include "search/cue_matcher.h"

#include <fmt/format.h>

#include <cmath>

#include "search/index_database.h"

namespace attune::search {
namespace {

bool runs_over(const Phrase& phrase) {
  return phrase.quoted && phrase.tokens.size() > 1;
}

bool runs_over(const QueryNode& node) {
  if (node.operation == Operation::kPhrase) return runs_over(node.phrase);
  return runs_over(*node.left) || runs_over(*node.right);
}

bool has_alternatives(const QueryNode& node) {
  if (node.operation == Operation::kPhrase) return false;
  return node.operation == Operation::kOr || has_alternatives(*node.left) ||
         (node.operation == Operation::kAnd && has_alternatives(*node.right));
}

/// Adds `score` to those of the cues that have it; both in rising order.
void add(double score, const Ids& those, const Ids& cues, std::vector<double>& scores) {
  auto next = those.begin();
  for (std::size_t i = 0; i < cues.size() && next != those.end(); ++i) {
    while (next != those.end() && *next < cues[i]) ++next;
    if (next != those.end() && *next == cues[i]) scores[i] += score;
  }
}

}  // namespace

CueMatcher::CueMatcher(sqlite::Database& database, const Ids& last_cues)
    : find_(database.prepare("SELECT rowid FROM cue_text WHERE cue_text MATCH ? ORDER BY rowid")),
      last_cues_(last_cues),
      cues_(database.integer("SELECT sum(cues) FROM files")) {}

Ids CueMatcher::find(const std::string& expression) {
  Ids ids;
  find_.bind(1, expression);
  while (find_.step()) ids.push_back(find_.int64(0));
  find_.reset();
  return ids;
}

Ids CueMatcher::run_overs(const Phrase& phrase) {
  const auto length = static_cast<std::ptrdiff_t>(phrase.tokens.size());
  Ids found;
  for (std::ptrdiff_t cut = 1; cut < length; ++cut) {
    const auto middle = phrase.tokens.begin() + cut;
    Phrase end{{phrase.tokens.begin(), middle}, false, false};
    end.tokens.emplace_back(kEndToken);
    const Phrase start{{middle, phrase.tokens.end()}, phrase.prefix, false};
    // The longer part is the rarer: often there is no need to look for the other.
    const bool end_first = cut > length / 2;
    const auto ends = [&] { return find(fts_expression(end)); };
    const auto starts = [&] { return find("^ " + fts_expression(start)); };
    const Ids first = end_first ? ends() : starts();
    if (first.empty()) continue;
    const Ids second = end_first ? starts() : ends();
    found = united(found, end_first ? followed_by(first, second) : followed_by(second, first));
  }
  return without(found, last_cues_);
}

Ids CueMatcher::matches(const Phrase& phrase) {
  const Ids within = find(fts_expression(phrase));
  return runs_over(phrase) ? united(within, run_overs(phrase)) : within;
}

Ids CueMatcher::matches(const QueryNode& node) {
  if (node.operation == Operation::kPhrase) return matches(node.phrase);
  if (!runs_over(node)) return find(fts_expression(node));
  const Ids left = matches(*node.left);
  const Ids right = matches(*node.right);
  switch (node.operation) {
    case Operation::kAnd:
      return common(left, right);
    case Operation::kOr:
      return united(left, right);
    default:
      return without(left, right);
  }
}

Ids CueMatcher::matches(const Query& query) {
  const Ids found = matches(*query.root);
  return query.sentence ? united(found, run_overs(*query.sentence)) : found;
}

std::vector<double> CueMatcher::scores(const Query& query, const Ids& cues) {
  std::vector<double> scores(cues.size(), 0.0);
  if (cues.empty()) return scores;
  if (query.sentence) add(1, matches(*query.sentence), cues, scores);
  if (!has_alternatives(*query.root)) return scores;
  for (const Phrase& phrase : query.wanted) {
    const Ids those = matches(phrase);
    if (those.empty()) continue;
    add(std::log(static_cast<double>(cues_ + 1) / static_cast<double>(those.size())), those, cues,
        scores);
  }
  return scores;
}

}  // namespace attune::search
