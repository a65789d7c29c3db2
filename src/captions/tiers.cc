#include "captions/tiers.h"

#include <algorithm>
#include <map>
#include <queue>
#include <unordered_map>
#include <utility>

#include "captions/caption_result.h"
#include "captions/utf8.h"
#include "captions/voices.h"

namespace attune::captions {
namespace {

using std::chrono::milliseconds;
constexpr std::string_view kUnnamed = "captions";
constexpr std::string_view kWordTier = "words";
constexpr std::string_view kOfWords = " - words";

/// Gives entries that come in order of start time to as few tiers as hold them without overlap.
class TierBuilder {
 public:
  TierBuilder(bool words, std::vector<Tier>& tiers) : words_(words), tiers_(tiers) {}

  void add(const std::string& speaker, TimeSpan span, std::string text) {
    span.start = std::chrono::round<milliseconds>(std::max(span.start, Timestamp::zero()));
    span.end = std::chrono::round<milliseconds>(span.end);
    if (span.end <= Timestamp::zero() || text.empty()) return;
    span.end = std::max<Timestamp>(span.end, span.start + milliseconds(1));
    Free& free = free_[speaker];
    std::size_t place = tiers_.size();
    if (!free.empty() && free.top().first <= span.start) {
      place = free.top().second;
      free.pop();
    } else {
      tiers_.push_back({speaker, words_, {}});
    }
    free.emplace(span.end, place);
    tiers_[place].entries.push_back({span, std::move(text)});
  }

 private:
  /// End of the last entry and index of a tier, the one that ends first on top.
  using Free = std::priority_queue<std::pair<Timestamp, std::size_t>,
                                   std::vector<std::pair<Timestamp, std::size_t>>, std::greater<>>;

  bool words_;
  std::vector<Tier>& tiers_;
  std::unordered_map<std::string, Free> free_;
};

}  // namespace

std::vector<Tier> tiers_of(const Result& result) {
  std::vector<Tier> tiers;
  TierBuilder captions(false, tiers);
  for (const Caption& caption : result.captions) {
    for (const VoiceLines& voice : voices_of(caption)) {
      std::vector<std::string> lines;
      for (const std::string& line : voice.lines) lines.push_back(single_line(line));
      captions.add(single_line(voice.voice.name), caption.span, joined(lines, "\n"));
    }
  }
  std::map<align::SpeakerId, std::string> names;
  for (const Speaker& speaker : result.speakers) names[speaker.id] = single_line(speaker.name);
  TierBuilder words(true, tiers);
  for (const align::Word& word : result.words)
    words.add(names[word.speaker], word.span, single_line(word.text));
  return tiers;
}

Result result_of(const std::vector<Tier>& tiers) {
  std::vector<Caption> captions;
  std::vector<NamedWord> words;
  CueText cue;
  for (const Tier& tier : tiers) {
    for (const Tier::Entry& entry : tier.entries) {
      if (tier.words) {
        NamedWord& named = words.emplace_back();
        named.word.span = entry.span;
        named.word.text = single_line(entry.text);
        named.word.confidence = 1;
        named.speaker = tier.speaker;
        continue;
      }
      Caption caption;
      caption.span = entry.span;
      cue.voice(tier.speaker);
      cue.lines(entry.text);
      cue.finish(caption);
      captions.push_back(std::move(caption));
    }
  }
  return result_of(std::move(captions), std::move(words));
}

std::string tier_name(const Tier& tier) {
  if (tier.speaker.empty()) return std::string(tier.words ? kWordTier : kUnnamed);
  return tier.words ? tier.speaker + std::string(kOfWords) : tier.speaker;
}

Tier named_tier(std::string_view written) {
  Tier tier;
  // As it will be written again: a control character must not turn into the blank of " - words".
  const std::string line = single_line(written);
  std::string_view name = line;
  for (const std::string_view unnamed : {kUnnamed, kWordTier})
    if (name.starts_with(unnamed) && name.substr(unnamed.size()).starts_with(" (")) name = unnamed;
  tier.words = name == kWordTier || name.ends_with(kOfWords);
  if (name.ends_with(kOfWords)) name.remove_suffix(kOfWords.size());
  if (name != kWordTier && name != kUnnamed) tier.speaker = name;
  return tier;
}

}  // namespace attune::captions
