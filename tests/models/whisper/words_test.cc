#include "models/whisper/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/whisper/repetition.h"
#include "models/whisper/utf8_text.h"
#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WordsTest : public testing::Test {
 protected:
  std::vector<std::string> divided(const std::string& text, bool without_spaces = false) const {
    const auto tokens = tokenizer_.encode(text);
    std::vector<std::string> words;
    std::size_t covered = 0;
    for (const SpelledWord& word : divide_into_words(tokenizer_, tokens, without_spaces)) {
      EXPECT_GE(word.first, covered);
      EXPECT_GT(word.end, word.first);
      covered = word.end;
      words.push_back(word.text);
    }
    EXPECT_LE(covered, tokens.size());
    return words;
  }

  /// Bytes alone: every character is divided among tokens.
  Tokenizer tokenizer_{vocabulary_of({}), kMultilingualSize};
};

TEST_F(WordsTest, AreDividedAtSpaces) {
  EXPECT_THAT(divided(" Hello, world! It's rock-n-roll."),
              ElementsAre("Hello,", "world!", "It's", "rock-n-roll."));
  EXPECT_THAT(divided("Begins without"), ElementsAre("Begins", "without"));
  EXPECT_THAT(divided(" naïve  café"), ElementsAre("naïve", "café"));
  EXPECT_THAT(divided(""), IsEmpty());
  EXPECT_THAT(divided("   "), IsEmpty());
}

TEST_F(WordsTest, LonePunctuationIsAttached) {
  EXPECT_THAT(divided(" Well ... yes"), ElementsAre("Well ...", "yes"));
  EXPECT_THAT(divided(" - Hello - you"), ElementsAre("- Hello", "- you"));
  EXPECT_THAT(divided(" « Bonjour » dit"), ElementsAre("« Bonjour »", "dit"));
  EXPECT_THAT(divided(" ¿ Qué ?"), ElementsAre("¿ Qué ?"));
  EXPECT_THAT(divided(" ..."), ElementsAre("..."));
  EXPECT_THAT(divided(" costs $5"), ElementsAre("costs", "$5"));
}

TEST_F(WordsTest, WithoutSpacesCharactersAreWords) {
  EXPECT_THAT(divided("你好，世界。", true), ElementsAre("你", "好，", "世", "界。"));
  EXPECT_THAT(divided("「はい」と", true), ElementsAre("「は", "い」", "と"));
  EXPECT_THAT(divided("用 iPhone15吧", true), ElementsAre("用", "iPhone15", "吧"));
}

TEST_F(WordsTest, BrokenCharactersAreReplaced) {
  const auto tokens = tokenizer_.encode(" a\xE2\x82");
  const auto words = divide_into_words(tokenizer_, tokens, false);
  ASSERT_EQ(words.size(), 1U);
  EXPECT_EQ(words[0].text, "a\xEF\xBF\xBD");
}

TEST(Utf8Text, IncompleteIsNotBroken) {
  EXPECT_TRUE(ends_within_character("\xE2\x82"));
  EXPECT_TRUE(ends_within_character("x\xF0\x9F\x98"));
  EXPECT_TRUE(ends_within_character("\xC3"));
  EXPECT_FALSE(ends_within_character("\xE2\x82\xAC"));
  EXPECT_FALSE(ends_within_character("\x82\x82\x82\x82"));
  EXPECT_FALSE(ends_within_character("\xFF"));
  EXPECT_FALSE(ends_within_character("a"));
  EXPECT_FALSE(ends_within_character(""));
}

std::vector<RecognizedWord> spoken(const std::vector<std::string>& texts) {
  std::vector<RecognizedWord> words;
  for (const std::string& text : texts) {
    const Duration at = std::chrono::seconds(words.size());
    words.push_back({{at, at + std::chrono::seconds(1)}, text, 1});
  }
  return words;
}

std::vector<std::string> after_cut(std::vector<RecognizedWord> words) {
  cut_loops(words);
  std::vector<std::string> texts;
  for (const RecognizedWord& word : words) texts.push_back(word.text);
  return texts;
}

std::vector<std::string> repeated(std::vector<std::string> phrase, int times) {
  std::vector<std::string> all;
  for (int i = 0; i < times; ++i) all.insert(all.end(), phrase.begin(), phrase.end());
  return all;
}

TEST(Repetition, WhatPeopleSayStays) {
  for (const auto& texts :
       {repeated({"no"}, 6), repeated({"bye", "now."}, 4), repeated({"I", "will", "go."}, 3),
        std::vector<std::string>{"one", "two", "one", "two", "three"}, std::vector<std::string>{}})
    EXPECT_EQ(after_cut(spoken(texts)), texts);
}

TEST(Repetition, LoopsAreLeftOnce) {
  EXPECT_THAT(after_cut(spoken(repeated({"no"}, 7))), ElementsAre("no"));
  EXPECT_THAT(after_cut(spoken(repeated({"Thank", "you."}, 60))), ElementsAre("Thank", "you."));
  EXPECT_THAT(after_cut(spoken(repeated({"I", "will", "go."}, 4))),
              ElementsAre("I", "will", "go."));
  auto texts = repeated({"la"}, 9);
  texts.insert(texts.begin(), {"we", "sing"});
  texts.insert(texts.end(), {"and", "end"});
  EXPECT_THAT(after_cut(spoken(texts)), ElementsAre("we", "sing", "la", "and", "end"));
}

TEST(Repetition, CaseAndPunctuationDoNotMatter) {
  EXPECT_THAT(after_cut(spoken({"Go", "on,", "go", "on!", "GO", "on", "go", "on", "go", "on."})),
              ElementsAre("Go", "on,"));
}

TEST(Repetition, TheFirstTimesAreKept) {
  auto words = spoken(repeated({"a", "b", "c"}, 5));
  cut_loops(words);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[2].span.end, std::chrono::seconds(3));
}

}  // namespace
}  // namespace attune::models::whisper
