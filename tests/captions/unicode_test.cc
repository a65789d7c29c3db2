#include "captions/unicode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/profile.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;

TEST(Columns, CountGraphemeClusters) {
  EXPECT_EQ(columns(""), 0);
  EXPECT_EQ(columns("abc"), 3);
  EXPECT_EQ(columns("caf\u00E9"), 4);
  EXPECT_EQ(columns("cafe\u0301"), 4);
  EXPECT_EQ(columns("\u0370"), 1) << "Greek, beside the combining marks";
  EXPECT_EQ(columns("\u0645\u064E\u0631\u0652\u062D\u064E\u0628\u064B\u0627"), 5)
      << "five Arabic letters with four vowel signs";
  EXPECT_EQ(columns("\u0928\u092E\u0938\u094D\u0924\u0947"), 3) << "Devanagari: na, ma, ste";
  EXPECT_EQ(columns("\xE9 \xC3"), 3) << "Latin-1 bytes and a lone lead byte";
}

TEST(Columns, WideCharactersHaveTwo) {
  EXPECT_EQ(columns("\u65E5\u672C\u8A9E"), 6);
  EXPECT_EQ(columns("\uD55C\uAD6D\uC5B4"), 6);
  EXPECT_EQ(columns("\u1112\u1161\u11AB"), 2) << "the same syllable in parts";
  EXPECT_EQ(columns("\uFF21\u3002"), 4) << "full-width letter and full stop";
  EXPECT_EQ(columns("\uFF76"), 1) << "half-width katakana";
  EXPECT_EQ(columns("\U0001F600!"), 3);
  EXPECT_EQ(columns("\U0001F469\u200D\U0001F469\u200D\U0001F467"), 2) << "one family";
}

TEST(Columns, MarksOfDirectionAndControlsHaveNone) {
  EXPECT_EQ(columns("\u200Fabc\u200E"), 3);
  EXPECT_EQ(columns("a\tb"), 2);
}

TEST(WritingSystems, ThatOfMostLetters) {
  EXPECT_EQ(writing_system("plain"), WritingSystem::kAlphabetic);
  EXPECT_EQ(writing_system("\u0645\u0631\u062D\u0628\u0627"), WritingSystem::kAlphabetic);
  EXPECT_EQ(writing_system("\u6211\u4EEC\u8D70\u5427"), WritingSystem::kChinese);
  EXPECT_EQ(writing_system("\u6771\u4EAC\u3078\u884C\u304F"), WritingSystem::kJapanese);
  EXPECT_EQ(writing_system("\uC548\uB155"), WritingSystem::kKorean);
  EXPECT_EQ(writing_system("the sign said \u4EAC"), WritingSystem::kAlphabetic);
}

TEST(Words, AreCountedInScriptsWithAndWithoutSpaces) {
  EXPECT_EQ(word_count(""), 0);
  EXPECT_EQ(word_count("Don't wait, it's 3.5 km."), 5);
  EXPECT_EQ(word_count("\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35\u0E0A\u0E32\u0E27\u0E42\u0E25\u0E01"),
            3)
      << "Thai: hello, people of, world";
}

TEST(Letters, TitleCaseInAnyScript) {
  EXPECT_EQ(capitalized("word"), "Word");
  EXPECT_EQ(capitalized("\u00E9t\u00E9"), "\u00C9t\u00E9");
  EXPECT_EQ(capitalized("\u043F\u0440\u0438\u0432\u0435\u0442"),
            "\u041F\u0440\u0438\u0432\u0435\u0442");
  EXPECT_EQ(capitalized("\u03B3\u03B5\u03B9\u03B1"), "\u0393\u03B5\u03B9\u03B1");
  EXPECT_EQ(capitalized("\u00BFqu\u00E9?"), "\u00BFQu\u00E9?");
  EXPECT_EQ(capitalized("\u01C6"), "\u01C5") << "the letter dz has a title case of its own";
  EXPECT_EQ(capitalized("7up"), "7up");
  EXPECT_EQ(capitalized(""), "");
  EXPECT_EQ(capitalized("\u0645\u0646"), "\u0645\u0646");
  EXPECT_EQ(lower_case("\u041F\u0420\u0418"), "\u043F\u0440\u0438");
  EXPECT_TRUE(has_capital("\u00C9"));
  EXPECT_FALSE(has_capital("\u00E9\u00D7"));
}

TEST(Letters, NamesHaveOneCapital) {
  EXPECT_TRUE(is_capitalized("Anna"));
  EXPECT_TRUE(is_capitalized("\"Anna"));
  EXPECT_TRUE(is_capitalized("J."));
  EXPECT_TRUE(is_capitalized("\u00D6zg\u00FCr"));
  EXPECT_FALSE(is_capitalized("ANNA")) << "shouted, not a name";
  EXPECT_FALSE(is_capitalized("anna"));
}

TEST(Direction, OfTheFirstStrongLetter) {
  EXPECT_TRUE(is_right_to_left("- \u0645\u0631\u062D\u0628\u0627"));
  EXPECT_TRUE(is_right_to_left("123 \u05E9\u05DC\u05D5\u05DD"));
  EXPECT_FALSE(is_right_to_left("abc \u0645\u0631"));
  EXPECT_FALSE(is_right_to_left("123"));
}

TEST(Spaces, StandWhereTheScriptWritesThem) {
  EXPECT_TRUE(joined_by_space("one", "two"));
  EXPECT_TRUE(joined_by_space("\uC548\uB155", "\uD558\uC138\uC694"));
  EXPECT_FALSE(joined_by_space("\u4EAC", "\u3078"));
  EXPECT_FALSE(joined_by_space("\u306F", "NASA"));
  EXPECT_FALSE(joined_by_space("\u0E14\u0E35", "\u0E04\u0E23\u0E31\u0E1A"));
  EXPECT_TRUE(joined_by_space("\u0E14\u0E35", "OK"));
}

TEST(Opportunities, OnlyInScriptsWithoutSpaces) {
  EXPECT_THAT(break_opportunities("well-known"), ElementsAre("well-known"));
  EXPECT_THAT(break_opportunities("\u6771\u4EAC\u3078\u3002"),
              ElementsAre("\u6771\u4EAC", "\u3078\u3002"))
      << "no line starts with a full stop, and Tokyo is one word";
  EXPECT_THAT(cut_to_columns("abcde\u0301f", 5), ElementsAre("abcde\u0301", "f"));
}

TEST(Profiles, HaveThePublishedNumbers) {
  const Profile netflix = profile("netflix", 24);
  EXPECT_EQ(netflix.limits(WritingSystem::kAlphabetic).max_columns, 42);
  EXPECT_EQ(netflix.limits(WritingSystem::kChinese).max_columns, 2 * 16);
  EXPECT_EQ(netflix.min_gap, from_seconds(2.0 / 24));
  EXPECT_EQ(profile("netflix").min_gap, std::chrono::milliseconds(80)) << "25 frames a second";
  EXPECT_EQ(profile("bbc").limits(WritingSystem::kAlphabetic).max_columns, 37);
  EXPECT_EQ(profile("cea608").limits(WritingSystem::kAlphabetic).max_columns, 32);
  EXPECT_THROW(profile("hbo"), std::runtime_error);
}

}  // namespace
}  // namespace attune::captions
