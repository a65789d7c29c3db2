#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/layout.h"
#include "captions/plain_text.h"
#include "captions/srt.h"
#include "captions/webvtt.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const SpeakerNames kNames{{{1, "Ann"}, {2, "Bob"}, {3, "Cid"}}, "Voice"};

std::vector<Caption> laid_out(std::vector<align::Word> words, const std::string& name = "netflix") {
  LayoutOptions options;
  options.profile = profile(name);
  return lay_out(std::move(words), kNames, {}, options);
}

TEST(SharedCues, TurnsTooShortToStandAlone) {
  const auto cues = laid_out({word(0, 400, "Ready?", 1), word(500, 900, "Always.", 2)});
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_THAT(cues[0].lines, ElementsAre("-Ready?", "-Always."));
  ASSERT_EQ(cues[0].line_voices.size(), 2u);
  EXPECT_EQ(cues[0].line_voices[0].speaker, 1);
  EXPECT_EQ(cues[0].line_voices[0].name, "Ann");
  EXPECT_EQ(cues[0].line_voices[1].speaker, 2);
  EXPECT_EQ(cues[0].line_voices[1].name, "Bob");
  EXPECT_EQ(cues[0].speaker, 1);
  EXPECT_EQ(cues[0].speaker_name, "Ann");
  EXPECT_EQ(cues[0].words.size(), 2u);
  EXPECT_EQ(cues[0].span.start, ms(0));
  EXPECT_GE(cues[0].span.end, ms(900));
}

TEST(SharedCues, AreWrittenAsTheyAreLaidOut) {
  Result result;
  result.captions = laid_out({word(0, 400, "Ready?", 1), word(500, 1000, "Always.", 2)});
  EXPECT_EQ(write_srt(result), "1\n00:00:00,000 --> 00:00:01,000\n-Ready?\n-Always.\n");
  EXPECT_THAT(write_webvtt(result), HasSubstr("<v Ann>-Ready?"));
  EXPECT_THAT(write_webvtt(result), HasSubstr("<v Bob>-Always."));
}

TEST(SubRip, KeepsTheDirectionOfTheTextBehindAName) {
  Result result;
  result.captions = laid_out({word(0, 1000, "\u0645\u0631\u062D\u0628\u0627", 1)});
  EXPECT_THAT(write_srt(result), HasSubstr("\n\u200FAnn: \u0645\u0631\u062D\u0628\u0627.\n"));
  EXPECT_EQ(write_plain_text(result), "\u200FAnn: \u0645\u0631\u062D\u0628\u0627.\n");
  result.captions[0].speaker_name = "\u05D3\u05D5\u05D3";
  EXPECT_THAT(write_srt(result), HasSubstr("\n\u05D3\u05D5\u05D3: \u0645"));
  result.captions[0].lines = {"Hello."};
  EXPECT_THAT(write_srt(result), HasSubstr("\n\u200E\u05D3\u05D5\u05D3: Hello.\n"));
}

TEST(SharedCues, TurnsWithRoomStandAlone) {
  // 0.833 s and two frames of 40 ms: 0.913 s.
  EXPECT_EQ(laid_out({word(0, 400, "Ready?", 1), word(914, 1900, "Always.", 2)}).size(), 2u);
  EXPECT_EQ(laid_out({word(0, 400, "Ready?", 1), word(912, 1900, "Always.", 2)}).size(), 1u);
}

TEST(SharedCues, PeopleWhoSpeakAtOnce) {
  const auto cues = laid_out({word(0, 2500, "No!", 1), word(2000, 4000, "Yes!", 2)});
  ASSERT_EQ(cues.size(), 1u);
  EXPECT_THAT(cues[0].lines, ElementsAre("-No!", "-Yes!"));
}

TEST(SharedCues, ASecondTurnThatIsTooShortGoesToTheFirst) {
  const auto cues = laid_out({word(0, 2000, "Ready?", 1), word(2100, 2300, "Yes.", 2),
                              word(2400, 5000, "Then_let_us_go_before_it_gets_dark_out,_man.", 1)});
  ASSERT_GE(cues.size(), 2u);
  EXPECT_THAT(cues[0].lines, ElementsAre("-Ready?", "-Yes."));
  EXPECT_THAT(cues[1].line_voices, IsEmpty());
}

TEST(SharedCues, NeverMoreThanTwo) {
  const auto cues =
      laid_out({word(0, 300, "One.", 1), word(350, 600, "Two.", 2), word(650, 900, "Three.", 3)});
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_THAT(cues[0].lines, ElementsAre("-One.", "-Two."));
  EXPECT_THAT(cues[1].lines, ElementsAre("Three."));
}

TEST(SharedCues, LongTextKeepsItsOwnCue) {
  const std::string text(41, 'x');
  EXPECT_EQ(laid_out({word(0, 3000, text, 1), word(2500, 4000, "Yes!", 2)}).size(), 1u)
      << "41 characters and the hyphen";
  EXPECT_EQ(laid_out({word(0, 3000, text + "x", 1), word(2500, 4000, "Yes!", 2)}).size(), 2u);
}

TEST(SharedCues, HaveTheDashOfTheProfile) {
  const std::vector words = {word(0, 400, "Ready?", 1), word(500, 900, "Always.", 2)};
  EXPECT_THAT(laid_out(words, "bbc").at(0).lines, ElementsAre("\u2013 Ready?", "\u2013 Always."));
  EXPECT_THAT(laid_out(words, "cea608").at(0).lines, ElementsAre("- Ready?", "- Always."));
  EXPECT_EQ(laid_out(words, "none").size(), 2u) << "cues of one line";
}

}  // namespace
}  // namespace attune::captions
