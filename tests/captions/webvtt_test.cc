#include "captions/webvtt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/srt.h"
#include "core/error.h"
#include "program.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(WebVtt, WritesVoiceSpansWithEverythingEscaped) {
  EXPECT_EQ(write_webvtt(sample_result()),
            "WEBVTT\n\nNOTE attune 1.2.3\n\r"
            R"(STYLE
::cue(v[voice="Off\2d screen"]) { color: #ffffff }
::cue(v[voice="Tom \26  \3c Jerry\3e "]) { color: #ffff00 }

1
00:00:01.000 --> 00:00:03.500
<v Tom &amp; &lt;Jerry&gt;>One &lt; two &amp;
three --&gt; four.</v>

2
00:00:04.000 --> 00:00:05.500
<v Off-screen>Café.</v>

3
00:00:05.600 --> 00:00:06.500
<v Off-screen>Again.</v>
)");
}

TEST(WebVtt, ReadsBackWhatItWrote) {
  const Result result = sample_result();
  const std::vector<Caption> read = read_webvtt(write_webvtt(result)).captions;
  ASSERT_EQ(read.size(), result.captions.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].span, result.captions[i].span);
    EXPECT_EQ(read[i].lines, result.captions[i].lines);
    EXPECT_EQ(read[i].speaker_name, result.captions[i].speaker_name);
    EXPECT_EQ(read[i].speaker, result.captions[i].speaker);
  }
}

TEST(WebVtt, EmptyResultIsAValidFile) {
  const std::string text = write_webvtt({});
  EXPECT_TRUE(text.starts_with("WEBVTT\n\n"));
  EXPECT_TRUE(read_webvtt(text).captions.empty());
  const auto path = write_test_file(".vtt", text);
  EXPECT_EQ(run_program("ffmpeg -loglevel error -i " + path.string() + " -f srt - 2>&1").text, "");
}

TEST(WebVtt, HoursGrowBeyondTwoDigits) {
  Result result;
  result.captions = {cue(362'439'007, 362'440'000, 1, "A", {"Late."})};
  const std::string text = write_webvtt(result);
  EXPECT_THAT(text, HasSubstr("\n100:40:39.007 --> 100:40:40.000\n"));
  EXPECT_EQ(read_webvtt(text).captions.at(0).span, result.captions[0].span);
}

TEST(WebVtt, TimesBeforeZeroAreCutOff) {
  Result result;
  result.captions = {cue(-2000, -1000, 1, "A", {"Gone."}), cue(-500, 700, 1, "A", {"Cut."})};
  const std::vector<Caption> read = read_webvtt(write_webvtt(result)).captions;
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(0), ms(700)}));
}

TEST(WebVtt, NamesStayOnOneLine) {
  Result result;
  result.captions = {cue(0, 1000, 1, "Two\nlines", {"Text."})};
  EXPECT_THAT(write_webvtt(result), HasSubstr("<v Two lines>Text.</v>"));
}

TEST(WebVtt, ReadsOtherPeoplesFiles) {
  const Result result = read_webvtt(
      "\xEF\xBB\xBFWEBVTT - title\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE\r\nno "
      "cue\r\n\r\n"
      "01:02.003 --> 01:03.000 align:start line:0\r\n<v.loud Ann>Hi <i>there</i> &#65;&bogus;\r\n"
      "you<00:01:02.500> all\r\n\r\nid 2\r\n00:01:04.000 --> 00:01:05.000\r\n- plain");
  const std::vector<Caption>& read = result.captions;
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(62'003), ms(63'000)}));
  EXPECT_EQ(read[0].speaker_name, "Ann");
  EXPECT_EQ(read[0].speaker, 1);
  EXPECT_THAT(read[0].lines, ElementsAre("Hi there A&bogus;", "you all"));
  EXPECT_EQ(read[1].speaker, 0);
  EXPECT_THAT(read[1].lines, ElementsAre("- plain"));
}

TEST(WebVtt, NamesTheLineThatIsWrong) {
  for (const char* text : {"", "WEBVTTX\n", "1\n00:00:01,000 --> 00:00:02,000\nx\n"}) {
    EXPECT_THROW(read_webvtt(text), Error) << text;
  }
  for (const char* times :
       {"00:01 --> 00:02.000", "00:00:61.000 --> 00:02:00.000", "00:00:02.000 --> 00:00:01.000",
        "-00:01.000 --> 00:02.000", "00:00:01.000 -->", "a:00:01.000 --> 00:00:02.000"}) {
    try {
      read_webvtt("WEBVTT\n\n" + std::string(times) + "\ntext\n");
      ADD_FAILURE() << times;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr("line 3"));
    }
  }
}

TEST(WebVtt, FfmpegReadsTheSameTimesAndText) {
  Result result = sample_result();
  // FFmpeg shows character references in the name of a voice as text, so this name has none.
  result.captions[0].speaker_name = "Tom";
  const auto path = write_test_file(".vtt", write_webvtt(result));
  const ProgramOutput srt = run_program("ffmpeg -loglevel error -i " + path.string() + " -f srt -");
  ASSERT_EQ(srt.exit_code, 0);
  const std::vector<Caption> read = read_srt(srt.text).captions;
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(1000), ms(3500)}));
  EXPECT_THAT(read[0].lines, ElementsAre("One < two &", "three --> four."));
  EXPECT_THAT(read[1].lines, ElementsAre("Caf\u00E9."));
}

TEST(WebVtt, SharedCuesHaveAVoiceForEachLine) {
  Result result;
  result.captions = {cue(0, 1000, 1, "Ann", {"Hello.", "Hi there.", "You too?"})};
  result.captions[0].line_voices = {{1, "Ann"}, {2, "Bob"}, {2, "Bob"}};
  EXPECT_THAT(write_webvtt(result),
              HasSubstr("\n<v Ann>Hello.</v>\n<v Bob>Hi there.\nYou too?</v>\n"));
}

TEST(WebVtt, ReadsSeveralVoicesInALine) {
  const Result result = read_webvtt(
      "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi</v> <v.loud Bob>and <b>ho</b>\nhere</v>\n");
  ASSERT_EQ(result.captions.size(), 1u);
  const Caption& caption = result.captions[0];
  EXPECT_THAT(caption.lines, ElementsAre("Hi", "and ho", "here"));
  ASSERT_EQ(caption.line_voices.size(), 3u);
  EXPECT_EQ(caption.line_voices[0].name, "Ann");
  EXPECT_EQ(caption.line_voices[2].name, "Bob");
  EXPECT_EQ(caption.line_voices[2].speaker, 2);
  EXPECT_EQ(result.speakers.size(), 2u);
  EXPECT_EQ(result.segments.size(), 2u);
}

TEST(WebVtt, PlacedCuesSayWhereTheirTopIs) {
  Result result;
  result.captions = {cue(0, 1000, 1, "Ann", {"One.", "Two."})};
  result.captions[0].placement = Placement{0.3, 0.5};
  // Two lines of 6 %: the top is one and a half above the middle of the lowest.
  EXPECT_THAT(write_webvtt(result),
              HasSubstr("--> 00:00:01.000 line:41.0% position:30.0% size:60.0%\n"));
}

TEST(WebVtt, ReadsPlacesHoweverTheyAreWritten) {
  const auto place = [](const std::string& settings) {
    return read_webvtt("WEBVTT\n\n00:00.000 --> 00:01.000 " + settings + "\ntext\n")
        .captions.at(0)
        .placement;
  };
  EXPECT_FALSE(place("align:start size:50%"));
  EXPECT_FALSE(place("line:auto"));
  EXPECT_NEAR(place("line:0")->y, 0.03, 1e-9);
  EXPECT_NEAR(place("line:-1")->y, 0.97, 1e-9);
  EXPECT_NEAR(place("line:90%,end")->y, 0.87, 1e-9);
  EXPECT_NEAR(place("line:50%,center")->y, 0.5, 1e-9);
  EXPECT_NEAR(place("position:25%,line-left align:start")->x, 0.25, 1e-9);
  EXPECT_FALSE(place("line:nan% position:1e999%"));
}

}  // namespace
}  // namespace attune::captions
