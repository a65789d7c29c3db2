#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "align/speech.h"
#include "sample_result.h"

namespace attune::captions {

enum class Script { kEnglish, kGerman, kRussian, kArabic, kJapanese, kChinese, kThai };

/// How people speak.
struct SpeechStyle {
  Script script = Script::kEnglish;
  int speakers = 1;
  /// Milliseconds for a letter, and for each word besides.
  int letter_ms = 55;
  int word_ms = 120;
  /// Whether turns begin while others still speak.
  bool overlaps = false;
  bool punctuation = false;
};

/// Random speech: turns of people with pauses inside and between them.
class RandomSpeech {
 public:
  explicit RandomSpeech(unsigned seed) : random_(seed) {}

  std::vector<align::Word> words(int count, const SpeechStyle& style) {
    std::vector<align::Word> result;
    std::int64_t time = below(2000);
    align::SpeakerId speaker = 1;
    int left_in_turn = 0;
    bool starts = true;
    while (static_cast<int>(result.size()) < count) {
      if (left_in_turn-- <= 0) {
        speaker = static_cast<align::SpeakerId>(below(style.speakers));
        left_in_turn = 1 + static_cast<int>(below(below(3) == 0 ? 4 : 30));
        time += style.overlaps ? below(1800) - 900 : 300 + below(1500);
        time = std::max<std::int64_t>(time, 0);
      }
      std::string text = next_text(style, starts);
      const auto letters = static_cast<std::int64_t>(letter_count(text));
      const std::int64_t duration = style.word_ms + style.letter_ms * letters;
      starts = style.punctuation && below(8) == 0;
      if (starts) text += style.script == Script::kJapanese ? "\u3002" : ".";
      result.push_back(word(time, time + duration, text, speaker));
      time += duration + (below(10) == 0 ? below(1500) : below(60));
    }
    return result;
  }

  std::vector<Timestamp> cuts(Timestamp end, std::int64_t least_ms, std::int64_t most_ms) {
    std::vector<Timestamp> times;
    for (Timestamp t = ms(below(9000)); t < end; t += ms(least_ms + below(most_ms - least_ms)))
      times.push_back(t);
    return times;
  }

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(limit));
  }

 private:
  static std::size_t letter_count(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
  }

  std::string letter(Script script) {
    const auto from = [this](int first, int count) {
      const auto point = static_cast<unsigned>(first + below(count));
      std::string text;
      if (point < 0x800) {
        text += static_cast<char>(0xC0 | (point >> 6));
      } else {
        text += static_cast<char>(0xE0 | (point >> 12));
        text += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      }
      return text += static_cast<char>(0x80 | (point & 0x3F));
    };
    switch (script) {
      case Script::kRussian:
        return from(0x430, 32);
      case Script::kArabic:
        return below(5) == 0 ? from(0x641, 10) + from(0x64E, 3) : from(0x641, 10);
      case Script::kJapanese:
        return below(2) == 0 ? from(0x3042, 70) : from(0x4E00, 2000);
      case Script::kChinese:
        return from(0x4E00, 5000);
      case Script::kThai:
        return from(0xE01, 46);
      case Script::kGerman:
        if (below(12) == 0) return "\u00FC";
        break;
      case Script::kEnglish:
        break;
    }
    return std::string(1, static_cast<char>('a' + below(26)));
  }

  std::string next_text(const SpeechStyle& style, bool starts) {
    constexpr std::array kEnglish = {"the", "a",    "of", "and", "to",  "in",
                                     "I",   "that", "is", "an",  "Mr.", "but"};
    constexpr std::array kGerman = {"der", "die",  "ein", "und", "zu",  "in",
                                    "ich", "dass", "ist", "von", "mit", "aber"};
    const bool english = style.script == Script::kEnglish;
    if (below(3) == 0 && (english || style.script == Script::kGerman)) {
      const auto& common = english ? kEnglish : kGerman;
      return common[static_cast<std::size_t>(below(common.size()))];
    }
    const bool spaceless = style.script == Script::kJapanese || style.script == Script::kChinese;
    std::string text;
    const std::int64_t most = below(30) == 0 ? 40 : (spaceless ? 4 : 9);
    const std::int64_t length = 2 + below(most);
    for (std::int64_t i = 0; i < length; ++i) text += letter(style.script);
    const bool name = english && style.punctuation && (starts || below(8) == 0);
    if (name && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
    return text;
  }

  std::mt19937_64 random_;
};

}  // namespace attune::captions
