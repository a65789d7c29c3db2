#include "captions/srt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "program.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Srt, NamesTheSpeakerWhereItChanges) {
  EXPECT_EQ(write_srt(sample_result()), R"(1
00:00:01,000 --> 00:00:03,500
Tom & <Jerry>: One < two &
three --> four.

2
00:00:04,000 --> 00:00:05,500
Off-screen: Café.

3
00:00:05,600 --> 00:00:06,500
Again.
)");
}

TEST(Srt, ReadsBackWhatItWrote) {
  const std::vector<Caption> read = read_srt(write_srt(sample_result())).captions;
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(1000), ms(3500)}));
  EXPECT_THAT(read[0].lines, ElementsAre("Tom & <Jerry>: One < two &", "three --> four."));
  EXPECT_THAT(read[2].lines, ElementsAre("Again."));
}

TEST(Srt, NoCuesAreAnEmptyFile) {
  EXPECT_EQ(write_srt({}), "");
  EXPECT_TRUE(read_srt("").captions.empty());
}

TEST(Srt, ReadsOtherLineEndsAndLongFiles) {
  const std::vector<Caption> read =
      read_srt(
          "\xEF\xBB\xBF"
          "1\r\n120:00:00,000 --> 120:00:01,500\r\nOne\r\n2\r\n\r\n\r\n2\r\n"
          "120:00:02.000 --> 120:00:03.000\r\nTwo")
          .captions;
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(432'000'000), ms(432'001'500)}));
  EXPECT_THAT(read[0].lines, ElementsAre("One", "2"));
  EXPECT_THAT(read[1].lines, ElementsAre("Two"));
}

TEST(Srt, NamesTheLineThatIsWrong) {
  try {
    read_srt("1\n00:00:01,000 --> 00:00:02,000\nfine\n\n2\n00:00:aa,000 --> 1\nbad\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr("line 6"));
  }
}

TEST(Srt, TagsAreNoTextAndOtherBracketsAre) {
  const Result result = read_srt(
      "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>A</i> <font color=\"red\">b</FONT> <c> 1 < 2 "
      "{x}\n");
  EXPECT_THAT(result.captions.at(0).lines, ElementsAre("A b <c> 1 < 2 {x}"));
}

TEST(Srt, SharedCuesHaveHyphensAndNoNames) {
  Result result;
  result.captions = {cue(0, 1000, 1, "Ann", {"Hello.", "Hi there."}),
                     cue(1000, 2000, 1, "Ann", {"Again."})};
  result.captions[0].line_voices = {{1, "Ann"}, {2, "Bob"}};
  EXPECT_EQ(write_srt(result),
            "1\n00:00:00,000 --> 00:00:01,000\n- Hello.\n- Hi there.\n\n"
            "2\n00:00:01,000 --> 00:00:02,000\nAnn: Again.\n");
}

TEST(Srt, FfmpegReadsTheSameTimes) {
  const auto path = write_test_file(".srt", write_srt(sample_result()));
  const ProgramOutput copy =
      run_program("ffmpeg -loglevel error -i " + path.string() + " -f srt -");
  ASSERT_EQ(copy.exit_code, 0);
  const std::vector<Caption> read = read_srt(copy.text).captions;
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].span, (TimeSpan{ms(1000), ms(3500)}));
  EXPECT_EQ(read[2].span, (TimeSpan{ms(5600), ms(6500)}));
  EXPECT_THAT(read[1].lines, ElementsAre("Off-screen: Caf\u00E9."));
}

}  // namespace
}  // namespace attune::captions
