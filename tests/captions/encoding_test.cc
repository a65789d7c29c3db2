#include "captions/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "captions/formats.h"
#include "captions/losses.h"
#include "core/error.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Encoding, WellFormedUtf8IsThatOfTheStandard) {
  EXPECT_EQ(invalid_utf8("a\u00E9\u4F60\U0001F600\U0010FFFF"), std::nullopt);
  // Overlong forms, surrogates, beyond the last character, a lone continuation, a cut one.
  for (const char* bad : {"ab\xC0\xAF", "ab\xE0\x80\xAF", "ab\xED\xA0\x80", "ab\xF4\x90\x80\x80",
                          "ab\x80", "ab\xE4\xBD", "ab\xF8\x88\x80\x80\x80"})
    EXPECT_EQ(invalid_utf8(bad), 2u) << bad;
  EXPECT_EQ(valid_utf8("a\xFF\xC3\xA9\xE4\xBD"), "a\uFFFD\u00E9\uFFFD\uFFFD");
}

TEST(Encoding, MarksAndDeclarationsTellIt) {
  EXPECT_EQ(decode_text("\xEF\xBB\xBF"
                        "a\n"),
            "a\n");
  EXPECT_EQ(decode_text(std::string("\xFF\xFE"
                                    "a\0\xE9\0=\xD8\0\xDE",
                                    10)),
            "a\u00E9\U0001F600");
  EXPECT_EQ(decode_text(std::string("\xFE\xFF\0a\0\xE9", 6)), "a\u00E9");
  EXPECT_EQ(decode_text(std::string("\0\0\xFE\xFF\0\0\0\xE9", 8)), "\u00E9");
  const std::string declaration = "<?xml version='1.0' encoding='ISO-8859-1'?>";
  EXPECT_EQ(decode_text(declaration + "\xE9"), declaration + "\u00E9");
  EXPECT_EQ(decode_text("\x93hi\x94", "WINDOWS-1252"), "\u201Chi\u201D");
}

TEST(Encoding, WrongBytesAreNamed) {
  const auto message = [](const std::string& bytes, const std::string& encoding) -> std::string {
    try {
      decode_text(bytes, encoding);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message("one\ntw\xE9\n", ""), HasSubstr("line 2: byte 7 of the file (0xE9)"));
  EXPECT_THAT(message("a\n\x81", "WINDOWS-1252"),
              HasSubstr("line 2: byte 3 of the file is not WINDOWS-1252"));
  EXPECT_THAT(message(std::string("\xFF\xFE"
                                  "a\0\n\0b",
                                  7),
                      ""),
              HasSubstr("line 2: byte 5"));
  EXPECT_THAT(message(std::string("1\0\n\0", 4), ""), HasSubstr("UTF-16 without its mark"));
  EXPECT_THAT(message("a", "no-such"), HasSubstr("'no-such' is no text encoding"));
}

TEST(Formats, AreFoundByEndingAndContent) {
  EXPECT_EQ(format_of("a/b.VTT", "")->name, "vtt");
  EXPECT_EQ(format_of("x.TextGrid", "")->name, "textgrid");
  EXPECT_EQ(format_of("x.csv", "start,end,text\n")->name, "csv");
  EXPECT_EQ(format_of("x.ava.csv", "")->name, "ava");
  EXPECT_EQ(format_of("x.csv", "video_id,frame_timestamp,a\n")->name, "ava");
  EXPECT_EQ(format_of("x.mp4", ""), nullptr);
  for (const Format& format : formats()) {
    EXPECT_EQ(find_format(format.name), &format);
    EXPECT_EQ(format_of("x" + std::string(format.extension), ""), &format);
  }
}

TEST(Losses, NameOnlyWhatIsThere) {
  Result result = sample_result();
  EXPECT_THAT(losses(result, *find_format("json")), IsEmpty());
  EXPECT_THAT(losses(result, *find_format("rttm")),
              ElementsAre("rttm has no captions: their text is lost"));
  EXPECT_THAT(losses(result, *find_format("vtt")), ElementsAre("vtt has no times of single words"));
  result.captions[0].line_voices = {{1, "Tom"}, {0, "Off-screen"}};
  result.captions[0].placement = Placement{};
  EXPECT_THAT(losses(result, *find_format("srt")),
              ElementsAre("srt has no voices: names are written in the text",
                          "srt has no cues of several speakers: their lines begin with hyphens",
                          "srt has no places in the picture", "srt has no times of single words"));
  Result speech;
  speech.segments = {segment(0, 1000, 1)};
  EXPECT_THAT(losses(speech, *find_format("vtt")), Contains(HasSubstr("speech without text")));
  EXPECT_THAT(losses({}, *find_format("srt")), IsEmpty());
}

}  // namespace
}  // namespace attune::captions
