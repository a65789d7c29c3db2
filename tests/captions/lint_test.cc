#include "captions/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Rule> rules(const std::vector<Caption>& captions, const std::string& name = "netflix",
                        const std::vector<Timestamp>& cuts = {}) {
  std::vector<Rule> found;
  for (const Violation& violation : lint(captions, profile(name), cuts))
    found.push_back(violation.rule);
  return found;
}

Caption shown(std::int64_t start_ms, std::int64_t end_ms, std::vector<std::string> lines) {
  return cue(start_ms, end_ms, 0, "", std::move(lines));
}

TEST(Lint, CleanCuesHaveNoViolations) {
  EXPECT_THAT(rules({}), IsEmpty());
  EXPECT_THAT(rules({shown(0, 2000, {"One line."}), shown(2080, 5000, {"Then two lines,", "this."}),
                     shown(5500, 6400, {"-Yes.", "-No."})}),
              IsEmpty());
}

TEST(Lint, NamesPlaceValueAndLimit) {
  const auto found =
      lint(std::vector{shown(0, 2000, {"Fine."}), shown(2500, 6500, {std::string(43, 'x')})},
           profile("netflix"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].cue, 1u);
  EXPECT_EQ(found[0].span.start, ms(2500));
  EXPECT_EQ(found[0].message, "line 1 has 43 characters; 42 are allowed");
  EXPECT_EQ(found[0].measured, 43);
  EXPECT_EQ(found[0].limit, 42);
  EXPECT_EQ(name(found[0].rule), "line-length");
}

TEST(Lint, LineLengthIsThatOfTheScript) {
  std::string wide;
  for (int i = 0; i < 17; ++i) wide += "\u4E2D";
  const auto found = lint(std::vector{shown(0, 6000, {wide})}, profile("netflix"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].message, "line 1 has 17 full-width characters; 16 are allowed");
  EXPECT_THAT(rules({shown(0, 6000, {wide.substr(3)})}), IsEmpty());
  std::string marked;
  for (int i = 0; i < 42; ++i) marked += "\u0628\u064E";
  EXPECT_THAT(rules({shown(0, 6000, {marked})}), IsEmpty()) << "vowel signs take no room";
}

TEST(Lint, Durations) {
  EXPECT_THAT(rules({shown(0, 832, {"Hi."})}), ElementsAre(Rule::kTooShort));
  EXPECT_THAT(rules({shown(0, 833, {"Hi."})}), IsEmpty()) << "5/6 s, rounded to milliseconds";
  EXPECT_THAT(rules({shown(0, 7002, {"Hi."})}), ElementsAre(Rule::kTooLong));
  EXPECT_THAT(rules({shown(0, 7000, {"Hi."})}), IsEmpty());
  EXPECT_THAT(rules({shown(5, 5, {"Hi."})}), ElementsAre(Rule::kTimes));
}

TEST(Lint, ReadingSpeed) {
  const std::string text(40, 'x');
  EXPECT_THAT(rules({shown(0, 2000, {text})}), IsEmpty()) << "20 characters a second";
  EXPECT_THAT(rules({shown(0, 1990, {text})}), ElementsAre(Rule::kReadingSpeed));
  EXPECT_THAT(rules({shown(0, 2000, {"one two three four five six"})}, "bbc"), IsEmpty());
  EXPECT_THAT(rules({shown(0, 1990, {"one two three four five six"})}, "bbc"),
              ElementsAre(Rule::kReadingSpeed));
}

TEST(Lint, GapsOfTwoFramesOrAtLeastHalfASecond) {
  const auto with_gap = [](std::int64_t gap_ms, const std::string& name) {
    return rules({shown(0, 2000, {"One."}), shown(2000 + gap_ms, 5000, {"Two."})}, name);
  };
  EXPECT_THAT(with_gap(80, "netflix"), IsEmpty());
  EXPECT_THAT(with_gap(40, "netflix"), ElementsAre(Rule::kGap));
  EXPECT_THAT(with_gap(0, "netflix"), ElementsAre(Rule::kGap));
  EXPECT_THAT(with_gap(240, "netflix"), ElementsAre(Rule::kGap));
  EXPECT_THAT(with_gap(500, "netflix"), IsEmpty());
  EXPECT_THAT(with_gap(0, "bbc"), IsEmpty());
  EXPECT_THAT(with_gap(500, "bbc"), ElementsAre(Rule::kGap));
  EXPECT_THAT(with_gap(1000, "bbc"), IsEmpty());
  EXPECT_THAT(with_gap(-100, "none"), ElementsAre(Rule::kOverlap));
  EXPECT_THAT(with_gap(40, "none"), IsEmpty());
}

TEST(Lint, TheFrameRateSetsTheGap) {
  const std::vector cues = {shown(0, 2000, {"One."}), shown(2034, 5000, {"Two."})};
  EXPECT_THAT(lint(cues, profile("netflix", 60)), IsEmpty());
  EXPECT_EQ(lint(cues, profile("netflix", 24)).size(), 1u);
}

TEST(Lint, OrderAndOverlap) {
  EXPECT_THAT(rules({shown(5000, 6000, {"Late."}), shown(0, 1000, {"Early."})}),
              ElementsAre(Rule::kOrder, Rule::kOverlap));
  // The third overlaps the first, though not the second.
  EXPECT_THAT(rules({shown(0, 6000, {"Long."}), shown(1000, 2000, {"Short."}),
                     shown(3000, 5000, {"Next."})}),
              ElementsAre(Rule::kOverlap, Rule::kOverlap));
}

TEST(Lint, Breaks) {
  EXPECT_THAT(rules({shown(0, 4000, {"This is the line that breaks after the", "article."})}),
              ElementsAre(Rule::kBreak));
  EXPECT_THAT(rules({shown(0, 4000, {"This is the place where we saw Mr.", "Miller."})}),
              ElementsAre(Rule::kBreak));
  EXPECT_THAT(rules({shown(0, 4000, {"This is the place where we saw John", "Miller."})}),
              ElementsAre(Rule::kBreak));
  EXPECT_THAT(rules({shown(0, 4000, {"a", std::string(42, 'x')})}), IsEmpty())
      << "there is no other place";
  EXPECT_THAT(rules({shown(0, 2000, {"I saw the"}), shown(2080, 4000, {"house."})}),
              ElementsAre(Rule::kBreak));
  EXPECT_THAT(rules({shown(0, 2000, {"I saw the"}), shown(4000, 6000, {"house."})}), IsEmpty())
      << "a pause";
  EXPECT_THAT(rules({shown(0, 4000, {"Das ist nun wirklich der", "Hund vom Nachbarn."})}),
              ElementsAre(Rule::kBreak));
  EXPECT_THAT(rules({shown(0, 4000, {"I would rather die", "than go there."})}), IsEmpty())
      << "an article in German alone";
}

TEST(Lint, Dashes) {
  EXPECT_THAT(rules({shown(0, 2000, {"- Yes.", "- No."})}), ElementsAre(Rule::kDash, Rule::kDash));
  EXPECT_THAT(rules({shown(0, 2000, {"- Yes.", "- No."})}, "cea608"), IsEmpty());
  EXPECT_THAT(rules({shown(0, 2000, {"\u2013 Yes.", "\u2013 No."})}, "bbc"), IsEmpty());
  Caption two = shown(0, 2000, {"Yes.", "No."});
  two.line_voices = {{1, "Ann"}, {2, "Bob"}};
  EXPECT_THAT(rules({two}), ElementsAre(Rule::kDash, Rule::kDash));
}

TEST(Lint, ShotChanges) {
  const std::vector<Timestamp> cuts = {ms(2000)};
  EXPECT_THAT(rules({shown(1800, 4000, {"Starts."})}, "netflix", cuts),
              ElementsAre(Rule::kShotChange));
  EXPECT_THAT(rules({shown(0, 2200, {"Ends."})}, "netflix", cuts), ElementsAre(Rule::kShotChange));
  EXPECT_THAT(rules({shown(0, 1920, {"Ends."}), shown(2000, 4000, {"On."})}, "netflix", cuts),
              IsEmpty());
  EXPECT_THAT(rules({shown(1000, 3000, {"Crosses it."})}, "netflix", cuts), IsEmpty());
}

TEST(Lint, Content) {
  EXPECT_THAT(rules({shown(0, 2000, {})}), ElementsAre(Rule::kEmpty));
  EXPECT_THAT(rules({shown(0, 2000, {" "})}), ElementsAre(Rule::kEmpty));
  EXPECT_THAT(rules({shown(0, 2000, {"Text.", ""})}), ElementsAre(Rule::kEmpty));
  EXPECT_THAT(rules({shown(0, 2000, {"caf\xE9"})}), ElementsAre(Rule::kEncoding));
  EXPECT_THAT(rules({shown(0, 2000, {"a\x07z"})}), ElementsAre(Rule::kControlCharacter));
  EXPECT_THAT(rules({shown(0, 4000, {"One", "two", "three."})}), ElementsAre(Rule::kLineCount));
}

TEST(Lint, NoneLooksAtTheFileAlone) {
  EXPECT_THAT(
      rules({shown(0, 100, {std::string(200, 'x'), "a", "b"}), shown(100, 200, {"the"})}, "none"),
      IsEmpty());
}

TEST(Lint, AMillionCuesWithoutAViolation) {
  std::vector<Caption> cues;
  for (int i = 0; i < 1'000'000; ++i)
    cues.push_back(shown(i * 2000, i * 2000 + 1920, {"A line of text,", "and another."}));
  EXPECT_THAT(lint(cues, profile("netflix")), IsEmpty());
}

}  // namespace
}  // namespace attune::captions
