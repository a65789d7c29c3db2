#include "captions/layout.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include "captions/cue_timing.h"
#include "captions/line_break.h"
#include "captions/orthography.h"
#include "captions/syntax.h"

namespace attune::captions {
namespace {

using align::Word;

/// Costs of a cue, on the scale of break_cost.
constexpr double kCueCost = 6;
constexpr double kShortCueCost = 12;
constexpr int kShortCueWords = 3;
constexpr double kPauseGain = 10;  // per second of pause after a cue

/// Puts the words phrase by phrase, so that two people who speak at once do not take turns word by
/// word.
std::vector<Word> in_phrases(std::vector<Word> words, Duration pause) {
  std::stable_sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
    return std::tie(a.speaker, a.span.start) < std::tie(b.speaker, b.span.start);
  });
  struct Phrase {
    Timestamp start{};
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::vector<Phrase> phrases;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool begins = i == 0 || words[i].speaker != words[i - 1].speaker ||
                        words[i].span.start - words[i - 1].span.end >= pause;
    if (begins) phrases.push_back({words[i].span.start, i, 0});
    ++phrases.back().count;
  }
  std::stable_sort(phrases.begin(), phrases.end(),
                   [](const Phrase& a, const Phrase& b) { return a.start < b.start; });
  std::vector<Word> ordered;
  ordered.reserve(words.size());
  for (const Phrase& phrase : phrases) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(phrase.first);
    std::move(begin, begin + static_cast<std::ptrdiff_t>(phrase.count),
              std::back_inserter(ordered));
  }
  return ordered;
}

/// Cuts a phrase into the cues of least total cost.
class PhraseSplitter {
 public:
  PhraseSplitter(std::span<const Word> words, std::span<const std::string> texts,
                 const LayoutOptions& options)
      : words_(words), texts_(texts), options_(options) {}

  void append_cues(const SpeakerNames& names, std::vector<Caption>& captions) {
    const std::size_t count = words_.size();
    best_.assign(count + 1, {std::numeric_limits<double>::infinity(), 0, {}});
    best_[0].cost = 0;
    for (std::size_t end = 1; end <= count; ++end) choose_start(end);

    std::vector<std::size_t> ends;
    for (std::size_t end = count; end > 0; end = best_[end].start) ends.push_back(end);
    for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
      const std::size_t start = best_[*end].start;
      Caption caption;
      caption.span = {words_[start].span.start, words_[*end - 1].span.end};
      caption.speaker = words_[start].speaker;
      caption.speaker_name = names.name(caption.speaker);
      caption.lines = std::move(best_[*end].lines);
      caption.words.assign(words_.begin() + static_cast<std::ptrdiff_t>(start),
                           words_.begin() + static_cast<std::ptrdiff_t>(*end));
      captions.push_back(std::move(caption));
    }
  }

 private:
  struct Choice {
    double cost = 0;
    std::size_t start = 0;
    std::vector<std::string> lines;
  };

  void choose_start(std::size_t end) {
    for (std::size_t start = end; start-- > 0;) {
      const bool single = end - start == 1;
      const Duration spoken = words_[end - 1].span.end - words_[start].span.start;
      if (!single && spoken > options_.max_duration) break;
      std::optional<Lines> lines = break_lines(texts_.subspan(start, end - start),
                                               options_.max_line_length, options_.max_lines);
      if (!lines) break;
      const double cost = best_[start].cost + lines->cost + end_cost(start, end);
      if (cost < best_[end].cost) best_[end] = {cost, start, std::move(lines->lines)};
    }
  }

  double end_cost(std::size_t start, std::size_t end) const {
    double cost = kCueCost;
    if (end - start < kShortCueWords && !(start == 0 && end == words_.size()))
      cost += kShortCueCost;
    if (end == words_.size()) return cost;
    const double pause = to_seconds(words_[end].span.start - words_[end - 1].span.end);
    return cost + std::max(0.0, break_cost(texts_[end - 1], texts_[end]) - kPauseGain * pause);
  }

  std::span<const Word> words_;
  std::span<const std::string> texts_;
  const LayoutOptions& options_;
  /// best_[n]: the best way to lay out the first n words.
  std::vector<Choice> best_;
};

bool is_blank(const Word& word) {
  return word.text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

std::vector<Caption> lay_out(std::vector<Word> words, const SpeakerNames& names,
                             std::span<const Timestamp> cuts, const LayoutOptions& options) {
  std::erase_if(words, is_blank);
  words = in_phrases(std::move(words), options.cue_pause);
  const std::vector<std::string> texts =
      written_words(words, options.sentence_pause, options.sentence_case, options.full_stops);

  std::vector<Caption> captions;
  const std::span<const Word> all(words);
  for (std::size_t first = 0; first < words.size();) {
    std::size_t end = first + 1;
    while (end < words.size() && words[end].speaker == words[first].speaker &&
           words[end].span.start - words[end - 1].span.end < options.cue_pause) {
      ++end;
    }
    PhraseSplitter(all.subspan(first, end - first), std::span(texts).subspan(first, end - first),
                   options)
        .append_cues(names, captions);
    first = end;
  }
  std::stable_sort(captions.begin(), captions.end(),
                   [](const Caption& a, const Caption& b) { return a.span.start < b.span.start; });
  time_cues(captions, cuts, options);
  return captions;
}

}  // namespace attune::captions
