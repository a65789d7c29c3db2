#include <gtest/gtest.h>

#include "captions/json_text.h"
#include "captions/markup.h"
#include "captions/utf8.h"

namespace attune::captions {
namespace {

TEST(Utf8, TellsWhatIsNot) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("caf\u00E9 \U0001F600"));
  EXPECT_FALSE(is_utf8("caf\xE9"));
  EXPECT_FALSE(is_utf8("\xC3"));
  EXPECT_FALSE(is_utf8("\xED\xA0\x80")) << "a surrogate";
  EXPECT_FALSE(is_utf8("\xC0\xAF")) << "longer than need be";
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
