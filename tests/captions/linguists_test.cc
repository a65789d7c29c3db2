#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/eaf.h"
#include "captions/textgrid.h"
#include "expect_error.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;

TEST(TextGrid, IsWhatPraatWrites) {
  Result result;
  result.media.span.end = ms(3000);
  result.captions = {cue(1000, 2500, 1, "Ann", {"Say \"hi\"."})};
  EXPECT_EQ(write_textgrid(result), R"(File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0 
xmax = 3.000 
tiers? <exists> 
size = 1 
item []: 
    item [1]:
        class = "IntervalTier" 
        name = "Ann" 
        xmin = 0 
        xmax = 3.000 
        intervals: size = 3 
        intervals [1]:
            xmin = 0.000 
            xmax = 1.000 
            text = "" 
        intervals [2]:
            xmin = 1.000 
            xmax = 2.500 
            text = "Say ""hi""." 
        intervals [3]:
            xmin = 2.500 
            xmax = 3.000 
            text = "" 
)");
}

TEST(TextGrid, ReadsTheShortFormatAndPassesPointsOver) {
  const Result result = read_textgrid(
      "File type = \"ooTextFile\"\r\n\"TextGrid\"\r\n\r\n0\r\n3.5 ! the end\r\n<exists>\r\n3\r\n"
      "\"TextTier\"\r\n\"bells\"\r\n0\r\n3.5\r\n1\r\n1.5\r\n\"dong\"\r\n"
      "\"IntervalTier\"\r\n\"Ann\"\r\n0\r\n3.5\r\n2\r\n0\r\n1.25\r\n\"Two\r\nlines\"\r\n1.25\r\n3."
      "5\r\n"
      "\"\"\r\n\"IntervalTier\"\r\n\"Ann - words\"\r\n0\r\n3.5\r\n1\r\n0\r\n0.5\r\n\"Two\"\r\n");
  ASSERT_EQ(result.captions.size(), 1u);
  EXPECT_EQ(result.captions[0].speaker_name, "Ann");
  EXPECT_EQ(result.captions[0].span, (TimeSpan{ms(0), ms(1250)}));
  EXPECT_THAT(result.captions[0].lines, ElementsAre("Two", "lines"));
  ASSERT_EQ(result.words.size(), 1u);
  EXPECT_EQ(result.words[0].speaker, result.captions[0].speaker);
  EXPECT_EQ(result.media.span.end, ms(3500));
}

TEST(TextGrid, ATierIsReadAsItWillBeWritten) {
  // A control character becomes a blank, which makes the name that of a tier of words.
  const Result result = read_textgrid(
      "\"ooTextFile\"\n\"TextGrid\"\n0 3\n<exists>\n1\n"
      "\"IntervalTier\" \"Ann -\x1bwords\" 0 3\n1\n0 3 \"Hi\"\n");
  EXPECT_EQ(result.words.size(), 1u);
  const Result again = read_textgrid(write_textgrid(result));
  EXPECT_EQ(again.words.size(), result.words.size());
  EXPECT_EQ(again.captions.size(), result.captions.size());
}

TEST(TextGrid, NamesTheLineThatIsWrong) {
  const std::string head = "File type = \"ooTextFile\"\n\"TextGrid\"\n0 3\n<exists>\n";
  expect_error(read_textgrid, "\"ooTextFile\"\n\"Pitch\"\n", "line 2: the file is no TextGrid");
  expect_error(read_textgrid, head + "1\n\"PitchTier\"\n\"a\" 0 3\n", "'PitchTier' is no kind");
  expect_error(read_textgrid, head + "1 \"IntervalTier\" \"a\" 0 3\n1\n2\n1\n\"x\"\n",
               "line 8: the interval ends before its start");
  expect_error(read_textgrid, head + "1 \"IntervalTier\" \"a\" 0 3\n9 0 1 \"x\"",
               "the file ends where a number is expected");
  expect_error(read_textgrid, head + "1 \"Interval", "the file ends within a text");
  expect_error(read_textgrid, head + "-1", "a count is expected");
}

TEST(Eaf, UnalignedSlotsLieBetweenTheirNeighbours) {
  const Result result = read_eaf(
      "<ANNOTATION_DOCUMENT><HEADER TIME_UNITS=\"milliseconds\"/><TIME_ORDER>"
      "<TIME_SLOT TIME_SLOT_ID=\"a\" TIME_VALUE=\"1000\"/><TIME_SLOT TIME_SLOT_ID=\"b\"/>"
      "<TIME_SLOT TIME_SLOT_ID=\"c\"/><TIME_SLOT TIME_SLOT_ID=\"d\" TIME_VALUE=\"4000\"/>"
      "</TIME_ORDER><TIER TIER_ID=\"t\" LINGUISTIC_TYPE_REF=\"x\">"
      "<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=\"1\" TIME_SLOT_REF1=\"b\" "
      "TIME_SLOT_REF2=\"c\"><ANNOTATION_VALUE>Hi</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>"
      "</ANNOTATION></TIER><TIER TIER_ID=\"g\" PARENT_REF=\"t\" LINGUISTIC_TYPE_REF=\"y\">"
      "<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"2\" ANNOTATION_REF=\"1\"><ANNOTATION_VALUE>gloss"
      "</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>");
  ASSERT_EQ(result.captions.size(), 1u);
  EXPECT_EQ(result.captions[0].span, (TimeSpan{ms(2000), ms(3000)}));
  EXPECT_EQ(result.captions[0].speaker_name, "t");
}

TEST(Eaf, NamesTheLineThatIsWrong) {
  const auto wrong = [](const std::string& inside, const std::string& message) {
    expect_error(read_eaf, "<ANNOTATION_DOCUMENT>\n" + inside + "</ANNOTATION_DOCUMENT>", message);
  };
  expect_error(read_eaf, "<x/>", "the root element is not ANNOTATION_DOCUMENT");
  wrong("<HEADER TIME_UNITS=\"NTSC-frames\"/>", "line 2: only times in milliseconds");
  wrong("<TIME_ORDER><TIME_SLOT TIME_SLOT_ID=\"a\" TIME_VALUE=\"x\"/></TIME_ORDER>",
        "'x' is no time");
  wrong(
      "<TIER TIER_ID=\"t\"><ALIGNABLE_ANNOTATION TIME_SLOT_REF1=\"q\" "
      "TIME_SLOT_REF2=\"q\"/></TIER>",
      "names no time slot");
  wrong("<TIER/>", "TIER lacks the attribute TIER_ID");
}

}  // namespace
}  // namespace attune::captions
