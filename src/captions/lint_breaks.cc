#include "captions/lint_breaks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "captions/dashes.h"
#include "captions/syntax.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t i = line.find_first_not_of(' '); i != std::string_view::npos;) {
    const std::size_t end = std::min(line.find(' ', i), line.size());
    words.emplace_back(line.substr(i, end - i));
    i = line.find_first_not_of(' ', end);
  }
  return words;
}

std::string_view last_word(std::string_view line) {
  const std::size_t end = line.find_last_not_of(' ');
  if (end == std::string_view::npos) return {};
  line = line.substr(0, end + 1);
  const std::size_t blank = line.rfind(' ');
  return blank == std::string_view::npos ? line : line.substr(blank + 1);
}

std::string_view first_word(std::string_view line) {
  const std::size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  return line.substr(start, line.find(' ', start) - start);
}

Language language_of(std::span<const Caption> captions) {
  constexpr std::size_t kEnough = 500;
  std::vector<std::string> words;
  for (const Caption& caption : captions.first(std::min(captions.size(), kEnough)))
    for (const std::string& line : caption.lines)
      for (std::string& word : words_of(line)) words.push_back(std::move(word));
  return guess_language(words);
}

/// Whether the last word is the first of its sentence, also behind the name of who speaks.
bool last_starts(std::span<const std::string> words) {
  if (words.size() == 1) return true;
  const std::string& before = words[words.size() - 2];
  return ends_sentence(before) || before.ends_with(':');
}

/// Whether a text that starts with this word goes on a sentence: a small letter.
bool goes_on(std::string_view word) {
  return !has_capital(word) && capitalized(word) != word;
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
  if (!leading_dash(caption.lines.back()).empty()) return std::nullopt;
  const std::vector<std::string> words = words_of(caption.lines.front());
  if (words.empty()) return std::nullopt;
  const WordPair pair{words.back(), first_word(caption.lines.back()), last_starts(words)};
  if (pair.after.empty() || break_cost(pair, language_) < kForbiddenBreak) return std::nullopt;
  std::vector<std::string> all = words;
  for (std::string& word : words_of(caption.lines.back())) all.push_back(std::move(word));
  const WritingSystem system = writing_system(caption.lines.front() + caption.lines.back());
  if (!has_better_break(all, profile_.limits(system).max_columns)) return std::nullopt;
  return fmt::format("the line breaks between \"{}\" and \"{}\"", pair.before, pair.after);
}

bool BreakLinter::has_better_break(std::span<const std::string> words, int max_columns) const {
  // The name of who speaks does not stand alone in a line.
  const auto name = std::ranges::find_if(words, [](auto& word) { return word.ends_with(':'); });
  const std::size_t label =
      name == words.end() ? 0 : static_cast<std::size_t>(name - words.begin()) + 1;
  for (std::size_t i = label + 1; i < words.size(); ++i) {
    if (break_cost({words[i - 1], words[i], false}, language_) >= kForbiddenBreak) continue;
    const auto width = [](std::span<const std::string> part) {
      return columns(fmt::format("{}", fmt::join(part, " ")));
    };
    if (width(words.first(i)) <= max_columns && width(words.subspan(i)) <= max_columns) return true;
  }
  return false;
}

std::optional<std::string> BreakLinter::bad_end(const Caption& caption, const Caption& next) const {
  if (caption.lines.empty() || next.lines.empty()) return std::nullopt;
  if (!caption.line_voices.empty() || !next.line_voices.empty()) return std::nullopt;
  if (!leading_dash(caption.lines.back()).empty() || !leading_dash(next.lines.front()).empty())
    return std::nullopt;
  if (caption.speaker_name != next.speaker_name) return std::nullopt;
  if (next.span.start - caption.span.end >= profile_.chain_gap) return std::nullopt;
  const WordPair pair{last_word(caption.lines.back()), first_word(next.lines.front()), false};
  if (pair.before.empty() || !goes_on(pair.after)) return std::nullopt;
  if (break_cost(pair, language_) < kForbiddenBreak) return std::nullopt;
  // What cannot stand in one line must be broken somewhere.
  const std::vector<std::string> after = words_of(next.lines.front());
  if (after.size() > 1 && break_cost({after[0], after[1], false}, language_) >= kForbiddenBreak)
    return std::nullopt;
  const std::string together = fmt::format("{} {}", pair.before, pair.after);
  if (columns(together) > profile_.limits(writing_system(together)).max_columns)
    return std::nullopt;
  return fmt::format("the cue ends between \"{}\" and \"{}\"", pair.before, pair.after);
}

}  // namespace attune::captions
