#include "captions/ass_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attune::captions {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Caption cue(align::SpeakerId speaker, const std::string& name, std::vector<std::string> lines) {
  Caption caption;
  caption.span = {milliseconds(1234), milliseconds(2345)};
  caption.speaker = speaker;
  caption.speaker_name = name;
  caption.lines = std::move(lines);
  return caption;
}

std::vector<std::string> texts(const std::vector<Caption>& captions) {
  std::vector<std::string> result;
  for (const AssEvent& event : ass_script(captions, 16.0 / 9).events) result.push_back(event.text);
  return result;
}

TEST(AssScript, NamesTheSpeakerWhereTheSpeakerChanges) {
  const auto events = texts({cue(1, "Anna", {"One", "two."}), cue(1, "Anna", {"Three."}),
                             cue(2, "Bert", {"Four."}), cue(0, "Off-screen", {"Five."})});
  // Colours are written blue first: yellow, cyan, white.
  EXPECT_EQ(events[0], R"({\1c&H00ffff&\i0}Anna: One\Ntwo.)");
  EXPECT_EQ(events[1], R"({\1c&H00ffff&\i0}Three.)");
  EXPECT_EQ(events[2], R"({\1c&Hffff00&\i0}Bert: Four.)");
  EXPECT_EQ(events[3], R"({\1c&Hffffff&\i1}Off-screen: Five.)");
}

TEST(AssScript, PeopleWhoShareACueGetALineEach) {
  Caption both = cue(1, "Anna", {"Yes.", "No."});
  both.line_voices = {{1, "Anna"}, {2, "Bert"}};
  EXPECT_EQ(texts({both})[0], R"({\1c&H00ffff&\i0}- Yes.\N{\1c&Hffff00&\i0}- No.)");
  both.lines = {"-Yes.", "\xE2\x80\x93 No."};
  EXPECT_EQ(texts({both})[0], "{\\1c&H00ffff&\\i0}-Yes.\\N{\\1c&Hffff00&\\i0}\xE2\x80\x93 No.");
}

TEST(AssScript, KeepsTheDirectionOfTheTextBehindAName) {
  const auto events = texts({cue(1, "Ann", {"\u0645\u0631."}), cue(2, "\u05D3", {"Hello."})});
  EXPECT_THAT(events[0], EndsWith("}\u200FAnn: \u0645\u0631."));
  EXPECT_THAT(events[1], EndsWith("}\u200E\u05D3: Hello."));
}

TEST(AssScript, CaptionsOfNobodyAreWhiteAndUpright) {
  EXPECT_EQ(texts({cue(0, "", {"Text."})})[0], R"({\1c&Hffffff&\i0}Text.)");
}

TEST(AssScript, NothingInTextIsMarkup) {
  EXPECT_THAT(texts({cue(0, "", {R"({\an8}a\Nb)"})})[0], EndsWith("}\\{\\\xE2\x81\xA0"
                                                                  "an8\\}a\\\xE2\x81\xA0Nb"));
}

TEST(AssScript, PlacedCuesStandWithTheMiddleOfTheirLowestLineThere) {
  Caption placed = cue(1, "Anna", {"Here."});
  placed.placement = Placement{0.25, 0.5};
  const AssScript script = ass_script({placed}, 16.0 / 9, {.font_size = 0.05});
  EXPECT_THAT(script.header, HasSubstr("PlayResX: 1920\nPlayResY: 1080\n"));
  EXPECT_THAT(script.events[0].text, HasSubstr(R"({\an2\pos(480.0,567.0)})"));
  EXPECT_THAT(script.events[0].text, Not(HasSubstr("Anna")));
  EXPECT_EQ(script.events[0].span, placed.span);
}

TEST(AssScript, NarrowPicturesGetSmallerLetters) {
  const auto font_size = [](double aspect) {
    const std::string header = ass_script({}, aspect).header;
    const std::string style = header.substr(header.find("Style: Default,DejaVu Sans,") + 27);
    return std::stod(style);
  };
  EXPECT_NEAR(font_size(16.0 / 9), 59.4, 0.1);
  // 42 letters of 0.48 of a line's height in 0.9 of the width.
  EXPECT_NEAR(font_size(9.0 / 16) * 42 * 0.48, 0.9 * 1080 * 9 / 16, 60);
  EXPECT_NEAR(font_size(0.1), 59.4 / 2, 0.1);
}

}  // namespace
}  // namespace attune::captions
