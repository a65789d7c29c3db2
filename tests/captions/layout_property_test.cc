#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>

#include "captions/cue_timing.h"
#include "captions/layout.h"
#include "captions/syntax.h"
#include "captions/utf8.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

/// Random speech: turns of one to four people with pauses inside and between them.
class RandomSpeech {
 public:
  explicit RandomSpeech(unsigned seed) : random_(seed) {}

  std::vector<align::Word> words(int count) {
    std::vector<align::Word> result;
    std::int64_t time = static_cast<std::int64_t>(below(2000));
    align::SpeakerId speaker = 1;
    int left_in_turn = 0;
    while (static_cast<int>(result.size()) < count) {
      if (left_in_turn-- <= 0) {
        speaker = static_cast<align::SpeakerId>(below(4));
        left_in_turn = 6 + static_cast<int>(below(30));
        time += 200 + below(1500);
      }
      const std::string text = next_text();
      const auto duration = static_cast<std::int64_t>(90 + 45 * text.size() + below(80));
      result.push_back(word(time, time + duration, text, speaker));
      time += duration + (below(10) == 0 ? below(1500) : below(60));
    }
    return result;
  }

  std::vector<Timestamp> cuts(Timestamp end) {
    std::vector<Timestamp> times;
    for (Timestamp t = ms(below(9000)); t < end; t += ms(500 + below(9000))) times.push_back(t);
    return times;
  }

 private:
  std::int64_t below(unsigned limit) { return static_cast<std::int64_t>(random_() % limit); }

  std::string next_text() {
    constexpr std::array kCommon = {"the", "a", "of", "and", "to", "in", "i", "that", "is", "an"};
    if (below(3) == 0) return kCommon[static_cast<std::size_t>(below(kCommon.size()))];
    std::string text;
    const std::int64_t length = 2 + below(below(20) == 0 ? 20 : 9);
    for (std::int64_t i = 0; i < length; ++i) {
      text += below(12) == 0 ? std::string("\u00FC")
                             : std::string(1, static_cast<char>('a' + below(26)));
    }
    return text;
  }

  std::mt19937 random_;
};

/// The lines' words in lower case and without full stops.
std::vector<std::string> shown_words(const Caption& caption) {
  std::vector<std::string> words;
  for (const std::string& line : caption.lines) {
    std::istringstream stream(line);
    for (std::string text; stream >> text;) {
      if (text.ends_with('.')) text.pop_back();
      if (text.starts_with("\u00DC")) text.replace(0, 2, "\u00FC");
      words.push_back(ascii_lower(text));
    }
  }
  return words;
}

class LayoutProperties : public testing::TestWithParam<unsigned> {
 protected:
  RandomSpeech speech_{GetParam()};
  std::vector<align::Word> words_ = speech_.words(400);
  LayoutOptions options_;
};

TEST_P(LayoutProperties, EveryWordIsShownOnceInOrder) {
  std::vector<std::string> expected;
  for (const align::Word& word : words_) expected.push_back(word.text);
  std::vector<std::string> shown;
  std::vector<std::string> carried;
  for (const Caption& cue : lay_out(words_, {})) {
    for (std::string& text : shown_words(cue)) shown.push_back(std::move(text));
    for (const align::Word& word : cue.words) {
      EXPECT_EQ(word.speaker, cue.speaker);
      carried.push_back(word.text);
    }
  }
  EXPECT_EQ(shown, expected);
  EXPECT_EQ(carried, expected);
}

TEST_P(LayoutProperties, LinesKeepTheirLimitsAndNeverEndWithAnArticle) {
  for (const Caption& cue : lay_out(words_, {})) {
    ASSERT_GE(cue.lines.size(), 1u);
    EXPECT_LE(cue.lines.size(), 2u);
    for (std::size_t i = 0; i < cue.lines.size(); ++i) {
      EXPECT_LE(character_count(cue.lines[i]), options_.max_line_length) << cue.lines[i];
      const std::string last = cue.lines[i].substr(cue.lines[i].rfind(' ') + 1);
      const bool cue_ends = i + 1 == cue.lines.size();
      EXPECT_TRUE(cue_ends || !is_article(last)) << cue.lines[i];
    }
  }
}

TEST_P(LayoutProperties, CuesEndWithAnArticleOnlyBeforeAPauseOrAnotherSpeaker) {
  const auto cues = lay_out(words_, {});
  for (std::size_t i = 0; i + 1 < cues.size(); ++i) {
    if (!is_article(cues[i].words.back().text)) continue;
    const Duration pause = cues[i + 1].words.front().span.start - cues[i].words.back().span.end;
    EXPECT_TRUE(pause >= ms(600) || cues[i + 1].speaker != cues[i].speaker)
        << cues[i].lines.back() << " / " << cues[i + 1].lines.front();
  }
}

TEST_P(LayoutProperties, TimesKeepTheirLimits) {
  const auto cues = lay_out(words_, {});
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const Caption& cue = cues[i];
    EXPECT_GE(cue.span.duration(), options_.min_duration);
    EXPECT_LE(cue.span.duration(), options_.max_duration);
    EXPECT_GE(cue.span.start, cue.words.front().span.start);
    EXPECT_LE(cue.span.start, cue.words.front().span.start + options_.max_delay);
    const bool is_last = i + 1 == cues.size();
    const Timestamp room = is_last ? Timestamp::max() : cues[i + 1].span.start - options_.min_gap;
    EXPECT_LE(cue.span.end, room);
    EXPECT_GE(cue.span.end, std::min(room, cue.words.back().span.end));
    EXPECT_TRUE(cue.span.duration() >= reading_time(cue, options_) || cue.span.end == room);
  }
}

TEST_P(LayoutProperties, CutsAreCrossedOnlyBySpeechOrShortCues) {
  const std::vector<Timestamp> cuts = speech_.cuts(words_.back().span.end);
  for (const Caption& cue : lay_out(words_, {}, cuts)) {
    for (const Timestamp cut : cuts) {
      const bool lingers = cut > cue.words.back().span.end && cut < cue.span.end;
      EXPECT_TRUE(!lingers || cut - cue.span.start < options_.min_duration);
    }
  }
}

TEST_P(LayoutProperties, TheOrderOfTheInputDoesNotMatter) {
  std::vector<align::Word> reversed(words_.rbegin(), words_.rend());
  const auto one = lay_out(words_, {});
  const auto two = lay_out(reversed, {});
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].lines, two[i].lines);
    EXPECT_EQ(one[i].span, two[i].span);
  }
}

/// Everybody talks at once, in words of any length at any time.
TEST_P(LayoutProperties, ChaosStaysInOrderAndLosesNothing) {
  std::mt19937 random(GetParam());
  std::vector<align::Word> words;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t start = random() % 60'000;
    const std::int64_t duration = random() % (i % 10 == 0 ? 12'000 : 600);
    words.push_back(
        word(start, start + duration, std::string(1 + random() % 50, 'x'), random() % 5));
  }
  const std::vector<Timestamp> cuts = speech_.cuts(ms(60'000));
  std::size_t shown = 0;
  Timestamp latest = Timestamp::min();
  for (const Caption& cue : lay_out(words, {}, cuts)) {
    EXPECT_GT(cue.span.end, cue.span.start);
    EXPECT_LE(cue.span.duration(), options_.max_duration);
    EXPECT_TRUE(latest == Timestamp::min() || cue.span.start >= latest + options_.min_gap);
    EXPECT_LE(cue.lines.size(), 2u);
    latest = cue.span.end;
    shown += cue.words.size();
  }
  EXPECT_EQ(shown, words.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, LayoutProperties, testing::Range(1u, 21u));

}  // namespace
}  // namespace attune::captions
