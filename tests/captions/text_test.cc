#include <gtest/gtest.h>

#include "captions/json_text.h"
#include "captions/markup.h"
#include "captions/utf8.h"

namespace attune::captions {
namespace {

TEST(Utf8, CountsCodePointsWithoutCombiningMarks) {
  EXPECT_EQ(character_count(""), 0);
  EXPECT_EQ(character_count("abc"), 3);
  EXPECT_EQ(character_count("caf\u00E9"), 4);
  EXPECT_EQ(character_count("cafe\u0301"), 4);
  EXPECT_EQ(character_count("\u65E5\u672C\u8A9E"), 3);
  EXPECT_EQ(character_count("\U0001F600!"), 2);
  EXPECT_EQ(character_count("\u0370"), 1);     // Greek, beside the combining marks
  EXPECT_EQ(character_count("\xE9 \xC3"), 3);  // Latin-1 bytes and a lone lead byte
}

TEST(Utf8, CapitalizesAsciiAndLatin1) {
  EXPECT_EQ(capitalized("word"), "Word");
  EXPECT_EQ(capitalized("\u00E9t\u00E9"), "\u00C9t\u00E9");
  EXPECT_EQ(capitalized("\u00F7"), "\u00F7");
  EXPECT_EQ(capitalized("7up"), "7up");
  EXPECT_EQ(capitalized(""), "");
  EXPECT_TRUE(has_capital("\u00C9"));
  EXPECT_FALSE(has_capital("\u00E9\u00D7"));
}

TEST(Markup, EscapedTextReadsBack) {
  const std::string text = "a < b && c > d &amp; <v x> \u00E9";
  EXPECT_EQ(escaped(text), "a &lt; b &amp;&amp; c &gt; d &amp;amp; &lt;v x&gt; \u00E9");
  EXPECT_EQ(plain(escaped(text)), text);
}

TEST(Markup, ResolvesReferencesAndLeavesTheRest) {
  EXPECT_EQ(plain("&#x1F600;&#233;&nbsp;|"), "\U0001F600\u00E9\u00A0|");
  EXPECT_EQ(plain("&#0;&#xD800;&#1114112;&x;& &"), "&#0;&#xD800;&#1114112;&x;& &");
  EXPECT_EQ(plain("one <unclosed"), "one ");
}

TEST(JsonText, NumbersAreFixed) {
  EXPECT_EQ(json_number(0.12345, 3), "0.123");
  EXPECT_EQ(json_number(-0.0001, 3), "0.000");
  EXPECT_EQ(json_number(-0.4, 0), "0");
  EXPECT_EQ(json_number(-1.5, 1), "-1.5");
  EXPECT_EQ(json_seconds(std::chrono::milliseconds(-40)), "-0.040");
  EXPECT_EQ(json_seconds(std::chrono::hours(100)), "360000.000");
  EXPECT_EQ(json_seconds(std::chrono::microseconds(-100)), "0.000");
}

}  // namespace
}  // namespace attune::captions
