#include "captions/orthography.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;

/// Words every 300 ms; "|" is a pause of 1 s, "/" gives the word to the next speaker.
std::vector<std::string> written(const std::string& text, Language language = Language::kEnglish) {
  std::vector<align::Word> words;
  std::istringstream stream(text);
  std::int64_t time = 0;
  align::SpeakerId speaker = 1;
  for (std::string token; stream >> token;) {
    if (token == "|") {
      time += 1000;
    } else if (token == "/") {
      ++speaker;
    } else {
      words.push_back(word(time, time + 250, token, speaker));
      time += 300;
    }
  }
  return written_words(words, language);
}

TEST(Orthography, SentencesEndAtPausesAndTurns) {
  EXPECT_THAT(written("it rains | we stay / why"),
              ElementsAre("It", "rains.", "We", "stay.", "Why."));
}

TEST(Orthography, TheEnglishFirstPersonHasACapital) {
  EXPECT_THAT(written("now i say i'll go"), ElementsAre("Now", "I", "say", "I'll", "go."));
  EXPECT_THAT(written("vengono i bambini", Language::kOther),
              ElementsAre("Vengono", "i", "bambini."))
      << "an Italian article";
}

TEST(Orthography, NoStopAfterAWordThatLeadsOn) {
  EXPECT_THAT(written("this is the | end"), ElementsAre("This", "is", "the", "end."));
}

TEST(Orthography, AnyScriptThatHasCapitals) {
  EXPECT_THAT(written("\u043F\u0440\u0438\u0432\u0435\u0442 \u043C\u0438\u0440", Language::kOther),
              ElementsAre("\u041F\u0440\u0438\u0432\u0435\u0442", "\u043C\u0438\u0440."));
  EXPECT_THAT(written("\u00E9l viene", Language::kSpanish), ElementsAre("\u00C9l", "viene."));
}

TEST(Orthography, StopsOfOtherScripts) {
  EXPECT_THAT(written("\u0928\u092E\u0938\u094D\u0924\u0947", Language::kOther),
              ElementsAre("\u0928\u092E\u0938\u094D\u0924\u0947\u0964"));
  EXPECT_THAT(written("\u6771\u4EAC", Language::kOther), ElementsAre("\u6771\u4EAC"));
}

TEST(Orthography, AnAbbreviationStartsNoSentence) {
  EXPECT_THAT(written("we asked mr. miller. he came."),
              ElementsAre("We", "asked", "mr.", "miller.", "He", "came."));
}

TEST(Orthography, ACaptionersOwnSpellingIsKept) {
  EXPECT_THAT(written("so iOS, i think | yes"), ElementsAre("so", "iOS,", "i", "think", "yes"));
}

}  // namespace
}  // namespace attune::captions
