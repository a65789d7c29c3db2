#include "captions/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "captions/cue_timing.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Words of a text spoken evenly: 300 ms for a word, 50 ms between words; "|" is a pause of 1 s.
std::vector<align::Word> spoken(const std::string& text, align::SpeakerId speaker = 1,
                                std::int64_t start_ms = 0) {
  std::vector<align::Word> words;
  std::istringstream stream(text);
  std::int64_t time = start_ms;
  for (std::string token; stream >> token;) {
    if (token == "|") {
      time += 1000;
      continue;
    }
    words.push_back(word(time, time + 300, token, speaker));
    time += 350;
  }
  return words;
}

std::vector<Caption> laid_out(const std::string& text) {
  return lay_out(spoken(text), {});
}

TEST(Layout, NoWordsGiveNoCues) {
  EXPECT_THAT(lay_out({}, {}), IsEmpty());
  EXPECT_THAT(lay_out({word(0, 100, " "), word(200, 300, "")}, {}), IsEmpty());
}

TEST(Layout, SentenceCaseAndFullStopsWhereTheCaptionerWritesNone) {
  const auto cues = laid_out("hello i'm here | i see the | house");
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_THAT(cues[0].lines, ElementsAre("Hello I'm here."));
  EXPECT_THAT(cues[1].lines, ElementsAre("I see the house."))
      << "neither a sentence nor a cue ends with an article";
}

TEST(Layout, ACaptionersOwnSpellingIsKept) {
  const auto cues = laid_out("Hello, i am iOS | done");
  EXPECT_THAT(cues.at(0).lines, ElementsAre("Hello, i am iOS"));
  EXPECT_THAT(cues.at(1).lines, ElementsAre("done"));
}

TEST(Layout, ShortTextStaysOnOneLine) {
  EXPECT_THAT(laid_out("this is one line with just forty two chars").at(0).lines,
              ElementsAre("This is one line", "with just forty two chars."))
      << "42 characters and the full stop: 43";
  EXPECT_THAT(laid_out("this is one line with just forty two char").at(0).lines,
              ElementsAre("This is one line with just forty two char."));
}

TEST(Layout, LinesBreakBeforeConjunctionsAndPrepositions) {
  EXPECT_THAT(laid_out("he walked to the old station and waited for a late train").at(0).lines,
              ElementsAre("He walked to the old station", "and waited for a late train."));
  EXPECT_THAT(laid_out("nobody had seen the little boat under the great bridge").at(0).lines,
              ElementsAre("Nobody had seen the little boat", "under the great bridge."));
}

TEST(Layout, LinesBreakAfterPunctuation) {
  EXPECT_THAT(laid_out("Well, I never. You could have told me that before.").at(0).lines,
              ElementsAre("Well, I never.", "You could have told me that before."));
}

TEST(Layout, CuesEndAtSentencesAndPauses) {
  const auto cues = laid_out(
      "The first sentence fills more than one whole line here. The second is about as long as the "
      "first one, I think. | And this comes later.");
  ASSERT_EQ(cues.size(), 3u);
  EXPECT_EQ(cues[0].words.back().text, "here.");
  EXPECT_EQ(cues[1].words.back().text, "think.");
  EXPECT_THAT(cues[2].lines, ElementsAre("And this comes later."));
}

TEST(Layout, AWordLongerThanALineIsCut) {
  const auto cues = laid_out("first " + std::string(60, 'x') + " then");
  std::vector<std::string> lines;
  for (const Caption& cue : cues) lines.insert(lines.end(), cue.lines.begin(), cue.lines.end());
  EXPECT_THAT(lines, ElementsAre("First", std::string(42, 'x'), std::string(18, 'x') + " then."));
}

TEST(Layout, LengthsCountCodePoints) {
  std::string text;
  for (int i = 0; i < 7; ++i) text += "\u00E9\u00E9\u00E9\u00E9\u00E9 ";  // 7 * 5 + 6 = 41
  EXPECT_EQ(laid_out(text).at(0).lines.size(), 1u);
}

TEST(Layout, OneSpeakerPerCueWithItsName) {
  auto words = spoken("how are you", 1);
  const auto answer = spoken("fine thanks", 2, 1200);
  words.insert(words.end(), answer.begin(), answer.end());
  const auto cues = lay_out(words, {{{1, "Ann"}, {2, "Bob"}}, "Voice"});
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_EQ(cues[0].speaker_name, "Ann");
  EXPECT_EQ(cues[1].speaker_name, "Bob");
  EXPECT_THAT(cues[0].lines, ElementsAre("How are you."));
  EXPECT_THAT(cues[1].lines, ElementsAre("Fine thanks."));
}

TEST(Layout, AnInterjectionComesBetweenTheCuesItWasHeardIn) {
  auto words = spoken(
      "I said this for a while, and then I went on with it, without a stop, for as long as I could "
      "go on, because nobody had told me to stop",
      1);
  const auto other = spoken("But nobody at all had ever asked you to go on with it!", 2, 3000);
  words.insert(words.end(), other.begin(), other.end());
  const auto cues = lay_out(words, {});
  std::size_t interjection = 0;
  while (interjection < cues.size() && cues[interjection].speaker != 2) ++interjection;
  ASSERT_LT(interjection, cues.size() - 1);
  EXPECT_GT(interjection, 0u);
  EXPECT_LE(cues[interjection].span.start, ms(3000) + LayoutOptions{}.shift.delay);
}

TEST(CueTiming, ShortSpeechStaysLongEnoughToRead) {
  const auto cues = lay_out({word(1000, 1200, "yes")}, {});
  EXPECT_EQ(cues.at(0).span, (TimeSpan{ms(1000), ms(1000) + LayoutOptions{}.profile.min_duration}));
  const auto quick =
      lay_out({word(0, 300, "forty"), word(300, 600, "characters"), word(600, 900, "need"),
               word(900, 1200, "two"), word(1200, 1300, "seconds"), word(1300, 1400, "to_read.")},
              {});
  EXPECT_EQ(quick.at(0).span.end, ms(2100)) << "42 characters at 20 a second";
}

TEST(CueTiming, AShortGapIsClosedToTwoFrames) {
  // Pause of 0.9 s: the first cue (0.6 s of speech, 0.833 s shown) leaves 0.667 s, which is a gap.
  auto words = std::vector{word(0, 600, "one"), word(1500, 2400, "two")};
  EXPECT_EQ(lay_out(words, {}).at(0).span.end, Duration(LayoutOptions{}.profile.min_duration));
  // Speech until 1.0 s and again from 1.4 s by somebody else: 0.4 s would flicker.
  words = {word(0, 1000, "one"), word(1400, 2400, "two", 2)};
  EXPECT_EQ(lay_out(words, {}).at(0).span.end, ms(1400 - 80));
}

TEST(CueTiming, TheNextCueWaitsUntilTheFirstWasShown) {
  const std::string never = "never, as I have told you several times";
  const auto cues = lay_out({word(0, 200, "no"), word(250, 2500, never + never, 2)}, {});
  const Duration shown = LayoutOptions{}.profile.min_duration;
  EXPECT_EQ(cues.at(0).span, (TimeSpan{ms(0), shown}));
  EXPECT_EQ(cues.at(1).span.start, shown + ms(80));
}

/// Four cues of 40 characters (2 s to read) that follow each other every `each_ms`, then a pause.
std::vector<TimeSpan> crowded(std::int64_t each_ms) {
  std::vector<align::Word> words;
  for (int i = 0; i < 4; ++i)
    words.push_back(
        word(each_ms * i, each_ms * i + each_ms - 10, std::string(39, 'x') + ".", 1 + i % 2));
  std::vector<TimeSpan> spans;
  for (const Caption& cue : lay_out(words, {})) spans.push_back(cue.span);
  return spans;
}

TEST(CueTiming, CuesWaitForEarlierOnesToBeRead) {
  const auto spans = crowded(1700);
  ASSERT_EQ(spans.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(spans[i].start, ms(2080 * static_cast<std::int64_t>(i))) << "1.14 s late at most";
    EXPECT_GE(spans[i].duration(), ms(2000));
  }
}

/// The last one would be 1.74 s late.
TEST(CueTiming, WhereNotAllCanBeReadAllButOneAre) {
  const auto spans = crowded(1500);
  ASSERT_EQ(spans.size(), 4u);
  int unread = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LE(spans[i].start, ms(1500 * static_cast<std::int64_t>(i) + 1500));
    EXPECT_GE(spans[i].duration(), ms(1500)) << "no cue is given up";
    unread += spans[i].duration() < ms(2000) ? 1 : 0;
  }
  EXPECT_EQ(unread, 1);
}

TEST(CueTiming, CuesEndTwoFramesBeforeTheCutAfterTheirLastWord) {
  const std::vector<Timestamp> cuts = {ms(1500)};
  const auto end = [&](const align::Word& word) {
    return lay_out({word}, {}, cuts).at(0).span.end;
  };
  EXPECT_EQ(end(word(0, 1200, "short")), ms(1420)) << "up to half a second before it: extended";
  EXPECT_EQ(end(word(0, 1480, "short")), ms(1420)) << "less than two frames before it";
  EXPECT_EQ(end(word(0, 1700, "short")), ms(1420)) << "up to seven frames after it: cut off";
  EXPECT_EQ(end(word(0, 1850, "short")), ms(2000)) << "further: half a second after it";
  EXPECT_EQ(end(word(0, 900, "short")), ms(900)) << "further than half a second before it";
}

TEST(CueTiming, ReadingTimeGoesBeforeTheCut) {
  const std::vector<Timestamp> cuts = {ms(1500)};
  const auto cues = lay_out({word(0, 1200, "a_text_that_takes_two_seconds_to_be_read")}, {}, cuts);
  EXPECT_EQ(cues.at(0).span.end, ms(2050)) << "41 characters at 20 a second";
  const auto short_cue = lay_out({word(1000, 1300, "no")}, {}, cuts);
  EXPECT_EQ(short_cue.at(0).span.end, ms(2000)) << "the shortest duration, then clear of the cut";
}

TEST(CueTiming, StartsLieOnACutOrHalfASecondFromIt) {
  const std::vector<Timestamp> cuts = {ms(2000)};
  const auto start = [&](std::int64_t t) {
    return lay_out({word(t, t + 1500, "w")}, {}, cuts).at(0).span.start;
  };
  EXPECT_EQ(start(1800), ms(2000));
  EXPECT_EQ(start(2290), ms(2000)) << "seven frames of 24 a second are 291.7 ms";
  EXPECT_EQ(start(2295), ms(2500));
  EXPECT_EQ(start(1700), ms(1500));
  EXPECT_EQ(start(2500), ms(2500));
  EXPECT_EQ(start(1400), ms(1400));
}

TEST(CueTiming, ALongWordEndsWithTheLongestDuration) {
  EXPECT_EQ(lay_out({word(0, 60'000, "mmm")}, {}).at(0).span.end, ms(7000));
}

}  // namespace
}  // namespace attune::captions
