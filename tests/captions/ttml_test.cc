#include "captions/ttml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/caption_result.h"
#include "core/error.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string document(const std::string& attributes, const std::string& body) {
  return "<tt xmlns=\"http://www.w3.org/ns/ttml\" "
         "xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" "
         "xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" "
         "xmlns:ttm=\"http://www.w3.org/ns/ttml#metadata\" xml:lang=\"en\" " +
         attributes + ">" + body + "</tt>";
}

TimeSpan times(const std::string& attributes, const std::string& times) {
  const Result result =
      read_ttml(document(attributes, "<body><div><p " + times + ">x</p></div></body>"));
  return result.captions.at(0).span;
}

TEST(Ttml, WritesEachLineAsASpanOfItsAgent) {
  Result result = result_of({cue(1000, 2500, 0, "Ann & Co", {"One < two.", "Three."})});
  result.media.title = "T";
  const std::string text = write_ttml(result);
  EXPECT_THAT(text, HasSubstr("<ttm:agent xml:id=\"agent1\" type=\"person\"><ttm:name "
                              "type=\"full\">Ann &amp; Co</ttm:name></ttm:agent>"));
  EXPECT_THAT(text, HasSubstr("<p xml:id=\"c1\" begin=\"00:00:01.000\" end=\"00:00:02.500\" "
                              "region=\"usual\"><span style=\"voice1\" ttm:agent=\"agent1\">One "
                              "&lt; two.</span><br/><span style=\"voice1\" "
                              "ttm:agent=\"agent1\">Three.</span></p>"));
}

TEST(Ttml, ReadsEveryKindOfTime) {
  EXPECT_EQ(times("", "begin=\"00:00:01.25\" end=\"100:00:02\""),
            (TimeSpan{ms(1250), ms(360'002'000)}));
  EXPECT_EQ(times("ttp:frameRate=\"25\"", "begin=\"00:00:01:05\" dur=\"50f\""),
            (TimeSpan{ms(1200), ms(3200)}));
  // 30 frames of 30000/1001 a second last 1.001 s.
  EXPECT_EQ(times("ttp:frameRate=\"30\" ttp:frameRateMultiplier=\"1000 1001\"",
                  "begin=\"30f\" end=\"2m\""),
            (TimeSpan{ms(1001), ms(120'000)}));
  EXPECT_EQ(times("ttp:tickRate=\"10000000\"", "begin=\"15000000t\" end=\"0.5h\""),
            (TimeSpan{ms(1500), ms(1'800'000)}));
  EXPECT_EQ(times("", "begin=\"250ms\" end=\"1.5s\" dur=\"1s\""), (TimeSpan{ms(250), ms(1250)}));
}

TEST(Ttml, TimesAreRelativeToTheElementsAround) {
  const Result result =
      read_ttml(document("",
                         "<body begin=\"10s\"><div begin=\"1s\" end=\"5s\"><p begin=\"1s\">a</p>"
                         "<p begin=\"2s\" end=\"60s\">b</p></div></body>"));
  ASSERT_EQ(result.captions.size(), 2u);
  EXPECT_EQ(result.captions[0].span, (TimeSpan{ms(12'000), ms(15'000)}));
  EXPECT_EQ(result.captions[1].span, (TimeSpan{ms(13'000), ms(15'000)}));
}

TEST(Ttml, WhiteSpaceCountsWhereItIsPreserved) {
  const Result result = read_ttml(
      document("",
               "<body><div><p begin=\"0s\" end=\"1s\">\n  Two \n words<br/>\n  next </p>"
               "<p begin=\"1s\" end=\"2s\" xml:space=\"preserve\"> a  b\nc</p></div></body>"));
  EXPECT_THAT(result.captions.at(0).lines, ElementsAre("Two words", "next"));
  EXPECT_THAT(result.captions.at(1).lines, ElementsAre(" a  b", "c"));
}

TEST(Ttml, AgentsRegionsAndMetadataOfOtherPeoplesFiles) {
  const Result result = read_ttml(
      document("",
               "<head><metadata><ttm:title>Film</ttm:title><ttm:agent xml:id=\"a\" type=\"person\">"
               "<ttm:name type=\"full\">Ann</ttm:name></ttm:agent></metadata><layout>"
               "<region xml:id=\"top\" tts:origin=\"10% 10%\" tts:extent=\"80% 20%\"/>"
               "<region xml:id=\"low\" tts:origin=\"10% 10%\" tts:extent=\"80% 80%\" "
               "tts:displayAlign=\"after\"/></layout></head><body><div region=\"low\">"
               "<p begin=\"0s\" end=\"1s\" ttm:agent=\"a\"><metadata><ttm:desc>no text</ttm:desc>"
               "</metadata>Hi</p><p begin=\"1s\" end=\"2s\" region=\"top\"><span "
               "ttm:agent=\"a\">One</span> <span ttm:agent=\"other\">two</span></p></div></body>"));
  ASSERT_EQ(result.captions.size(), 2u);
  EXPECT_EQ(result.media.title, "Film");
  EXPECT_EQ(result.media.language, "en");
  EXPECT_EQ(result.captions[0].speaker_name, "Ann");
  EXPECT_THAT(result.captions[0].lines, ElementsAre("Hi"));
  EXPECT_FALSE(result.captions[0].placement);
  EXPECT_THAT(result.captions[1].lines, ElementsAre("One", "two"));
  EXPECT_EQ(result.captions[1].line_voices.at(1).name, "other");
  EXPECT_NEAR(result.captions[1].placement.value().y, 0.2, 1e-6);
}

TEST(Ttml, NamesTheLineThatIsWrong) {
  const std::pair<std::string, const char*> bad[] = {
      {"\n<tt", "line 2"},
      {"<html/>", "the root element is not tt"},
      {"<!DOCTYPE tt [<!ENTITY a \"b\">]>\n<tt/>", "document type declarations"},
      {document("", "<body>\n<div>\n<p begin=\"2s\" end=\"1s\">x</p></div></body>"),
       "line 3: the paragraph ends before its start"},
      {document("", "<body>\n<div><p begin=\"soon\" end=\"1s\">x</p></div></body>"),
       "line 2: begin=\"soon\" is no time"},
      {document("", "<body><div><p>x</p></div></body>"), "has no end"},
      {document("", "<body timeContainer=\"seq\"/>"), "timeContainer"},
      {document("ttp:timeBase=\"clock\"", ""), "times of the day"},
      {document("ttp:frameRate=\"0\"", ""), "no positive number"}};
  for (const auto& [text, message] : bad) {
    try {
      read_ttml(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

TEST(Ttml, GrowingEntitiesAreRefusedBeforeTheyGrow) {
  std::string text = "<!DOCTYPE tt [<!ENTITY a \"aaaaaaaaaa\">";
  for (char name = 'b'; name <= 'k'; ++name) {
    text += std::string("<!ENTITY ") + name + " \"";
    for (int i = 0; i < 10; ++i) text += std::string("&") + static_cast<char>(name - 1) + ';';
    text += "\">";
  }
  EXPECT_THROW(read_ttml(text + "]>\n<tt>&k;</tt>"), Error);
}

}  // namespace
}  // namespace attune::captions
