#include "models/whisper/logit_rules.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string>

#include "models/whisper/log_probabilities.h"

namespace attune::models::whisper {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr Duration kLatestStart = std::chrono::seconds(1);

constexpr auto kSymbols = std::to_array<std::string_view>(
    {"\"",  "#",  "(",  ")",   "*",   "+",   "/",   ":",  ";",   "<",  "=",  ">",
     "@",   "[",  "\\", "]",   "^",   "_",   "`",   "{",  "|",   "}",  "~",  "「",
     "」",  "『", "』", "<<",  ">>",  "<<<", ">>>", "--", "---", "-(", "-[", "('",
     "(\"", "((", "))", "(((", ")))", "[[",  "]]",  "{{", "}}",  "♪♪", "♪♪♪"});

/// Their bytes may be several tokens, of which the first names no other character.
constexpr auto kNotes = std::to_array<std::string_view>({"♩", "♪", "♫", "♬", "♭", "♮", "♯"});

std::vector<Token> find_not_spoken(const Tokenizer& tokenizer) {
  // A hyphen or an apostrophe within a word is spoken with it; one that begins a word is a mark.
  std::set<Token> found = {tokenizer.encode(" -").front(), tokenizer.encode(" '").front()};
  const auto add = [&](std::string_view symbol, bool first_of_several) {
    for (const std::string& spelling : {std::string(symbol), " " + std::string(symbol)}) {
      const std::vector<Token> tokens = tokenizer.encode(spelling);
      if (tokens.size() == 1 || first_of_several) found.insert(tokens.front());
    }
  };
  for (const std::string_view symbol : kSymbols) add(symbol, false);
  for (const std::string_view note : kNotes) add(note, true);
  return {found.begin(), found.end()};
}

void forbid(std::span<float> logits, Token first, Token end) {
  std::fill(logits.begin() + first, logits.begin() + end, kNever);
}

}  // namespace

LogitRules::LogitRules(const Tokenizer& tokenizer)
    : special_(tokenizer.special()), not_spoken_(find_not_spoken(tokenizer)) {}

void LogitRules::apply(std::span<const Token> sampled, std::span<float> logits) const {
  forbid(logits, special_.start_of_transcript, special_.first_timestamp);
  for (const Token token : not_spoken_) logits[static_cast<std::size_t>(token)] = kNever;
  apply_order(sampled, logits);
  const auto timestamps = logits.subspan(static_cast<std::size_t>(special_.first_timestamp));
  const auto others = logits.first(static_cast<std::size_t>(special_.first_timestamp));
  if (log_sum_exp(timestamps) > *std::ranges::max_element(others))
    std::ranges::fill(others, kNever);
}

void LogitRules::apply_order(std::span<const Token> sampled, std::span<float> logits) const {
  const auto end = static_cast<Token>(logits.size());
  if (sampled.empty()) {
    const auto latest =
        special_.first_timestamp + static_cast<Token>(kLatestStart / kTimestampStep);
    forbid(logits, 0, special_.first_timestamp);
    forbid(logits, latest + 1, end);
    return;
  }
  const bool after_time = special_.is_timestamp(sampled.back());
  const bool after_pair =
      after_time && (sampled.size() < 2 || special_.is_timestamp(sampled[sampled.size() - 2]));
  if (after_pair) forbid(logits, special_.first_timestamp, end);
  if (after_time && !after_pair) forbid(logits, 0, special_.end_of_text);
  const auto last = std::find_if(sampled.rbegin(), sampled.rend(),
                                 [&](Token token) { return special_.is_timestamp(token); });
  if (last == sampled.rend()) return;
  // The second of a pair may repeat the first; what ends a text lies behind what began it.
  const Token earliest = after_time && !after_pair ? *last : *last + 1;
  forbid(logits, special_.first_timestamp, std::min(earliest, end));
}

}  // namespace attune::models::whisper
