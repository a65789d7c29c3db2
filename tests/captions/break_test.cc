// Where text is broken, worked out by hand for each language.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "captions/layout.h"
#include "captions/syntax.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;

/// The lines of all cues of a text that is spoken slowly, a word every 500 ms.
std::vector<std::string> lines_of(const std::string& text, const std::string& name = "netflix") {
  std::vector<align::Word> words;
  std::istringstream stream(text);
  std::int64_t time = 0;
  for (std::string token; stream >> token; time += 500)
    words.push_back(word(time, time + 450, token));
  LayoutOptions options;
  options.profile = profile(name);
  std::vector<std::string> lines;
  for (const Caption& cue : lay_out(words, {}, {}, options))
    lines.insert(lines.end(), cue.lines.begin(), cue.lines.end());
  return lines;
}

TEST(EnglishBreaks, AfterPunctuationFirst) {
  EXPECT_THAT(lines_of("If you see her again, tell her that I called."),
              ElementsAre("If you see her again,", "tell her that I called."));
}

TEST(EnglishBreaks, KeepTitleAndNameTogether) {
  EXPECT_THAT(lines_of("He has not seen Dr. Miller and his new wife again."),
              ElementsAre("He has not seen Dr. Miller", "and his new wife again."))
      << "the full stop of \"Dr.\" ends no sentence";
}

TEST(EnglishBreaks, KeepFirstAndLastNameTogether) {
  EXPECT_THAT(lines_of("Yesterday evening Mary Robinson sent everybody home."),
              ElementsAre("Yesterday evening", "Mary Robinson sent everybody home."));
}

TEST(EnglishBreaks, KeepNumberAndUnitTogether) {
  EXPECT_THAT(lines_of("The next village lies nearly twenty or 25 kilometers away."),
              ElementsAre("The next village lies nearly twenty", "or 25 kilometers away."));
}

TEST(EnglishBreaks, KeepSubjectAndAuxiliaryWithTheVerb) {
  EXPECT_THAT(lines_of("Nobody there told me they had already finished it"),
              ElementsAre("Nobody there told me", "they had already finished it."));
}

TEST(GermanBreaks, AfterTheComma) {
  EXPECT_THAT(lines_of("Der Kommissar sagte, dass der alte Mann im Garten wartete."),
              ElementsAre("Der Kommissar sagte,", "dass der alte Mann im Garten wartete."));
}

TEST(GermanBreaks, NeverAfterAnArticle) {
  EXPECT_THAT(
      lines_of("Wir haben gestern mit der Frau des alten B\u00FCrgermeisters gesprochen."),
      ElementsAre("Wir haben gestern mit der Frau", "des alten B\u00FCrgermeisters gesprochen."));
}

TEST(GermanBreaks, CapitalsOfNounsAreNoNames) {
  // Before "und" is best, though "Hund" and "Katze" are not names that belong together.
  EXPECT_THAT(lines_of("Ich sah den gro\u00DFen Hund und die kleine Katze schlafen."),
              ElementsAre("Ich sah den gro\u00DFen Hund", "und die kleine Katze schlafen."));
}

/// "The old man went to the market in the morning | and came back home in the evening."
TEST(ArabicBreaks, BeforeTheWordThatStartsWithAnd) {
  const std::string upper =
      "\u0630\u0647\u0628 \u0627\u0644\u0631\u062C\u0644 \u0627\u0644\u0639\u062C\u0648\u0632 "
      "\u0625\u0644\u0649 \u0627\u0644\u0633\u0648\u0642 \u0635\u0628\u0627\u062D\u0627";
  const std::string lower =
      "\u0648\u0631\u062C\u0639 \u0625\u0644\u0649 \u0627\u0644\u0628\u064A\u062A "
      "\u0641\u064A \u0627\u0644\u0645\u0633\u0627\u0621.";
  EXPECT_THAT(lines_of(upper + " " + lower), ElementsAre(upper, lower));
}

TEST(ArabicBreaks, VowelSignsTakeNoRoom) {
  // 21 words of one letter with a vowel sign: 21 letters and 20 blanks are 41 columns, one line.
  std::string text;
  for (int i = 0; i < 21; ++i) text += "\u0628\u064E ";
  LayoutOptions options;
  std::vector<align::Word> words;
  for (int i = 0; i < 21; ++i) words.push_back(word(i * 200, i * 200 + 150, "\u0628\u064E"));
  options.orthography.full_stops = false;
  EXPECT_EQ(lay_out(words, {}, {}, options).at(0).lines.size(), 1u);
}

/// "Yesterday I met a friend in Tokyo, | and together we saw a film." 13 and 11 characters.
TEST(JapaneseBreaks, AfterTheComma) {
  const std::string upper =
      "\u6628\u65E5\u306F\u6771\u4EAC\u3067\u53CB\u9054\u3068\u4F1A\u3063\u3066\u3001";
  const std::string lower = "\u4E00\u7DD2\u306B\u6620\u753B\u3092\u898B\u307E\u3057\u305F\u3002";
  const auto cues = lay_out({word(0, 6500, upper + lower)}, {});
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_THAT(cues[0].lines, ElementsAre(upper, lower));
}

/// "My older brother | bought a new red car": the phrase ends with its particle.
TEST(JapaneseBreaks, AfterAParticle) {
  const std::string upper = "\u79C1\u306E\u5144\u306F\u5148\u9031\u306E\u571F\u66DC\u65E5\u306B";
  const std::string lower = "\u65B0\u3057\u3044\u8ECA\u3092\u8CB7\u3044\u307E\u3057\u305F";
  const auto cues = lay_out({word(0, 6400, upper + lower)}, {});
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_THAT(cues[0].lines, ElementsAre(upper, lower));
}

/// 13 and 8 characters of at most 16.
TEST(ChineseBreaks, AfterTheComma) {
  const std::string upper =
      "\u660E\u5929\u65E9\u4E0A\u516B\u70B9\u5728\u706B\u8F66\u7AD9\u89C1\u9762\uFF0C";
  const std::string lower = "\u8BF7\u5927\u5BB6\u4E0D\u8981\u8FDF\u5230\u3002";
  const auto cues = lay_out({word(0, 5000, upper + lower)}, {});
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_THAT(cues[0].lines, ElementsAre(upper, lower));
}

TEST(Profiles, HaveTheirOwnLineLengths) {
  const std::string text = "We walked along the river and talked.";
  EXPECT_THAT(lines_of(text), ElementsAre(text)) << "37 characters";
  EXPECT_THAT(lines_of(text, "bbc"), ElementsAre(text));
  EXPECT_THAT(lines_of(text, "cea608"), ElementsAre("We walked along the river", "and talked."));
}

TEST(Profiles, NoneShowsSentences) {
  const std::string first = "This is a sentence that is rather longer than a line of any profile.";
  EXPECT_THAT(lines_of(first + " This is another.", "none"),
              ElementsAre(first, "This is another."));
}

TEST(Sentences, DoNotEndWithAnAbbreviation) {
  EXPECT_TRUE(ends_sentence("home."));
  EXPECT_TRUE(ends_sentence("home.\u201D"));
  EXPECT_TRUE(ends_sentence("\u061F"));
  EXPECT_FALSE(ends_sentence("Mr."));
  EXPECT_FALSE(ends_sentence("J."));
  EXPECT_FALSE(ends_sentence("e.g."));
  EXPECT_FALSE(ends_sentence("home"));
  EXPECT_TRUE(ends_clause("\u0648\u0642\u0627\u0644\u060C"));
}

TEST(Languages, AreGuessedFromFunctionWords) {
  const auto guess = [](const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string token; stream >> token;) words.push_back(token);
    return guess_language(words);
  };
  EXPECT_EQ(guess("the house and the garden"), Language::kEnglish);
  EXPECT_EQ(guess("das Haus und der Garten"), Language::kGerman);
  EXPECT_EQ(guess("la maison et le jardin"), Language::kFrench);
  EXPECT_EQ(guess("la casa y el jard\u00EDn"), Language::kSpanish);
  EXPECT_EQ(guess("hmm"), Language::kEnglish) << "no evidence, Latin letters";
  EXPECT_EQ(guess("\u043F\u0440\u0438\u0432\u0435\u0442"), Language::kOther);
}

}  // namespace
}  // namespace attune::captions
