#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/cue_csv.h"
#include "captions/plain_text.h"
#include "captions/result_json_reader.h"
#include "captions/rttm.h"
#include "expect_error.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;

TEST(CueCsv, QuotesWhatNeedsItAndAveragesTheWords) {
  Result result;
  result.captions = {cue(1000, 2500, 1, "Ann, \"A\"", {"One,", "two."}),
                     cue(-500, 3000, 0, "", {"Plain."})};
  result.captions[0].words = {word(1000, 1500, "one"), word(1500, 2500, "two")};
  result.captions[0].words[1].confidence = 0.75f;
  EXPECT_EQ(write_cue_csv(result),
            "start,end,speaker,text,confidence\r\n"
            "1.000,2.500,\"Ann, \"\"A\"\"\",\"One,\ntwo.\",0.625\r\n"
            "0.000,3.000,,Plain.,\r\n");
}

TEST(CueCsv, ColumnsAreFoundByName) {
  const Result result =
      read_cue_csv("id,Text,end,start\n1,\"a \"\"b\"\",\r\nc\",00:01:00.500,59.25\n\n2,d,70,60\n");
  ASSERT_EQ(result.captions.size(), 2u);
  EXPECT_EQ(result.captions[0].span, (TimeSpan{ms(59'250), ms(60'500)}));
  EXPECT_THAT(result.captions[0].lines, ElementsAre("a \"b\",", "c"));
}

TEST(CueCsv, NamesTheLineThatIsWrong) {
  expect_error(read_cue_csv, "", "the header");
  expect_error(read_cue_csv, "start,end\n", "line 1: the header names no column 'text'");
  expect_error(read_cue_csv, "start,end,text\n1,2,\"a\nb\"\nx,2,c\n", "line 4: the start 'x'");
  expect_error(read_cue_csv, "start,end,text\n1,2,\"a\n", "a quote is not closed");
  expect_error(read_cue_csv, "start,end,text\n1,2,\"a\"b\n", "line 2: a quote within a field");
  expect_error(read_cue_csv, "start,end,text\n2,1,a\n", "line 2: the cue ends before its start");
  expect_error(read_cue_csv, "start,end,text\n1,2\n", "line 2: the row has no text");
  expect_error(read_cue_csv, "start,end,text\n1,1e300,a\n", "is no time in seconds");
}

TEST(PlainText, IsAParagraphForEachTurn) {
  Result result;
  result.captions = {cue(0, 1, 1, "Ann", {"One", "two."}), cue(1, 2, 1, "Ann", {"Three."}),
                     cue(2, 3, 0, "", {"Noise."}), cue(3, 4, 1, "Ann", {"Four?", "Five."})};
  result.captions[3].line_voices = {{1, "Ann"}, {2, "Bob"}};
  EXPECT_EQ(write_plain_text(result),
            "Ann: One two. Three.\n\nNoise.\n\nAnn: Four?\n\nBob: Five.\n");
  EXPECT_EQ(write_plain_text({}), "");
}

TEST(Rttm, ReadsOtherPeoplesFiles) {
  const Result result = read_rttm(
      ";; comment\nSPKR-INFO show 1 <NA> <NA> <NA> adult_male Bob <NA>\n"
      "SPEAKER show 1 10.5 1.25 <NA> <NA> Bob 0.5 <NA>\nSPEAKER  show\t1 2 3 <NA> <NA> Ann <NA>\n");
  ASSERT_EQ(result.segments.size(), 2u);
  EXPECT_EQ(result.segments[0].span, (TimeSpan{ms(2000), ms(5000)}));
  EXPECT_EQ(result.segments[0].speaker, 2);
  EXPECT_FLOAT_EQ(result.segments[1].confidence, 0.5f);
  EXPECT_EQ(result.speakers.at(0).name, "Bob");
  EXPECT_EQ(result.media.title, "show");
}

TEST(Rttm, NamesTheLineThatIsWrong) {
  const std::string good = "SPEAKER a 1 1 1 <NA> <NA> x <NA> <NA>\n";
  expect_error(read_rttm, good + "SPEAKER a 1\n", "line 2: 3 fields instead of 9 or 10");
  expect_error(read_rttm, good + "SPEAKER b 1 1 1 <NA> <NA> x <NA> <NA>\n",
               "line 2: a second recording begins (b after a)");
  expect_error(read_rttm, "SPEAKER a 1 1 -1 <NA> <NA> x <NA> <NA>\n", "line 1: '-1' is no time");
}

TEST(ResultJsonReader, SaysWhereItIsWrong) {
  const auto with = [](const std::string& list) {
    return "{\"schema\": \"attune-result-1\", " + list + "}";
  };
  expect_error(read_result_json, "", "no JSON");
  expect_error(read_result_json, "{\n\"schema\": ,\n", "line 2, column");
  expect_error(read_result_json, "[]", "is no object");
  expect_error(read_result_json, "{}", "\"schema\" is missing");
  expect_error(read_result_json, "{\"schema\": \"other-1\"}", "only attune-result-1");
  expect_error(read_result_json, with("\"words\": [{\"start\": 0, \"end\": 1, \"text\": 5}]"),
               "words[0]");
  expect_error(read_result_json, with("\"segments\": [{\"start\": 2, \"end\": 1}]"),
               "segments[0]: it ends before its start");
  expect_error(read_result_json, with("\"captions\": [{\"start\": 1e300, \"end\": 1}]"),
               "captions[0]: start is out of range");
}

}  // namespace
}  // namespace attune::captions
