#include "captions/lint_breaks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "captions/syntax.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

bool starts_with_dash(std::string_view line) {
  return line.starts_with("-") || line.starts_with("\u2013") || line.starts_with("\u2014");
}

Language language_of(std::span<const Caption> captions) {
  constexpr std::size_t kEnough = 500;
  std::vector<std::string> words;
  for (const Caption& caption : captions.first(std::min(captions.size(), kEnough)))
    for (const std::string& line : caption.lines)
      for (std::string& word : words_of(line)) words.push_back(std::move(word));
  return guess_language(words);
}

bool goes_on(const std::string& text) {
  return !text.empty() && !has_capital(text.substr(0, text.find(' '))) &&
         capitalized(text) != text;
}

}  // namespace

BreakLinter::BreakLinter(std::span<const Caption> captions, const Profile& profile)
    : captions_(captions), profile_(profile), language_(language_of(captions)) {}

std::optional<std::string> BreakLinter::bad_break(std::size_t index) const {
  const Caption& caption = captions_[index];
  if (std::optional<std::string> line = bad_line(caption)) return line;
  return index + 1 < captions_.size() ? bad_end(caption, captions_[index + 1]) : std::nullopt;
}

std::optional<std::string> BreakLinter::bad_line(const Caption& caption) const {
  // More lines are another violation; two speakers have a line each.
  if (caption.lines.size() != 2 || !caption.line_voices.empty()) return std::nullopt;
  if (starts_with_dash(caption.lines.back())) return std::nullopt;
  std::vector<std::string> words = words_of(caption.lines.front());
  const std::size_t upper = words.size();
  for (std::string& word : words_of(caption.lines.back())) words.push_back(std::move(word));
  if (upper == 0 || upper == words.size()) return std::nullopt;
  const WordPair pair{words[upper - 1], words[upper], upper == 1};
  if (break_cost(pair, language_) < kForbiddenBreak) return std::nullopt;
  const WritingSystem system = writing_system(caption.lines.front() + caption.lines.back());
  if (!has_better_break(words, profile_.limits(system).max_columns)) return std::nullopt;
  return fmt::format("the line breaks between \"{}\" and \"{}\"", pair.before, pair.after);
}

bool BreakLinter::has_better_break(std::span<const std::string> words, int max_columns) const {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (break_cost({words[i - 1], words[i], false}, language_) >= kForbiddenBreak) continue;
    const auto width = [](std::span<const std::string> part) {
      return columns(fmt::format("{}", fmt::join(part, " ")));
    };
    if (width(words.first(i)) <= max_columns && width(words.subspan(i)) <= max_columns) return true;
  }
  return false;
}

std::optional<std::string> BreakLinter::bad_end(const Caption& caption,
                                                const Caption& next) const {
  if (caption.lines.empty() || next.lines.empty()) return std::nullopt;
  if (!caption.line_voices.empty() || !next.line_voices.empty()) return std::nullopt;
  if (caption.speaker_name != next.speaker_name) return std::nullopt;
  if (next.span.start - caption.span.end >= profile_.chain_gap) return std::nullopt;
  const std::vector<std::string> words = words_of(caption.lines.back());
  const std::vector<std::string> after = words_of(next.lines.front());
  if (words.empty() || after.empty() || !goes_on(after.front())) return std::nullopt;
  // What cannot stand in one line must be broken somewhere.
  if (after.size() > 1 && break_cost({after[0], after[1], false}, language_) >= kForbiddenBreak)
    return std::nullopt;
  const std::string together = words.back() + " " + after.front();
  if (columns(together) > profile_.limits(writing_system(together)).max_columns)
    return std::nullopt;
  const WordPair pair{words.back(), after.front(), false};
  if (break_cost(pair, language_) < kForbiddenBreak) return std::nullopt;
  return fmt::format("the cue ends between \"{}\" and \"{}\"", pair.before, pair.after);
}

}  // namespace attune::captions
