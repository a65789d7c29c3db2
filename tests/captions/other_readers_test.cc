#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "captions/caption_result.h"
#include "captions/formats.h"
#include "program.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using nlohmann::json;

using Formats = std::vector<std::string>;

/// What readers that are not ours find in the file that each format writes.
std::vector<json> read_with_others(const Formats& names, const Result& result) {
  std::string files;
  for (const std::string& name : names) {
    const Format* format = find_format(name);
    const std::string ending = "_" + name + std::string(format->extension);
    files += ' ' + name + " '" + write_test_file(ending, format->write(result)).string() + "'";
  }
  const ProgramOutput output = run_program(
      "/usr/bin/python3 '" ATTUNE_SOURCE_DIR "/tests/captions/read_with_others.py'" + files);
  EXPECT_EQ(output.exit_code, 0) << files;
  std::vector<json> read(names.size());
  if (output.exit_code == 0) read = json::parse(output.text).get<std::vector<json>>();
  return read;
}

json read_with_others(const std::string& name, const Result& result) {
  return read_with_others(Formats{name}, result).front();
}

/// webvtt-py reads no more than two digits of hours since 0.5, where the standard has two or more.
constexpr int kBelowAHundredHours = 352'805'600;

/// Three cues whose times are whole frames at 25 per second; the last one starts at `late_ms`.
Result three_cues(int late_ms = 360'005'600) {
  std::vector<Caption> captions = {
      cue(1000, 3520, 0, "Ann \"A\" & <B>", {"One < two & \"three\".", "Four, five."}),
      cue(4000, 5400, 0, "", {"Caf\u00E9 \u4F60\u597D."}),
      cue(late_ms, late_ms + 880, 0, "Off-screen", {"Late."})};
  Result result = result_of(std::move(captions));
  result.attune_version = "1.2.3";
  result.media.path = "films/a.mp4";
  result.media.video = VideoInfo{"h264", 200, 100, 25};
  return result;
}

json cues(const std::string& unnamed, const std::string& line_end) {
  return {{1000, 3520, "Ann \"A\" & <B>", "One < two & \"three\"." + line_end + "Four, five."},
          {4000, 5400, unnamed, "Caf\u00E9 \u4F60\u597D."},
          {360'005'600, 360'006'480, "Off-screen", "Late."}};
}

TEST(OtherReaders, FindTheSameCues) {
  const json same = cues("", "\n");
  for (const json& read :
       read_with_others(Formats{"ttml", "ebu-tt-d", "csv", "otio"}, three_cues()))
    EXPECT_EQ(read, same);
  for (const json& read : read_with_others(Formats{"eaf", "textgrid"}, three_cues()))
    EXPECT_EQ(read, cues("captions", "\n"));
}

TEST(OtherReaders, PysrtReadsTheSameCues) {
  const json read = read_with_others("srt", three_cues());
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0],
            json({1000, 3520, "", "Ann \"A\" & <B>: One < two & \"three\".\nFour, five."}));
  EXPECT_EQ(read[1], json({4000, 5400, "", "Caf\u00E9 \u4F60\u597D."}));
  EXPECT_EQ(read[2], json({360'005'600, 360'006'480, "", "Off-screen: Late."}));
}

TEST(OtherReaders, WebvttPyReadsTheSameCues) {
  const json read = read_with_others("vtt", three_cues(kBelowAHundredHours));
  ASSERT_EQ(read.size(), 3u);
  // It leaves character references as they are.
  EXPECT_EQ(read[0], json({1000, 3520, "Ann \"A\" &amp; &lt;B&gt;",
                           "One &lt; two &amp; \"three\".\nFour, five."}));
  EXPECT_EQ(read[1], json({4000, 5400, "", "Caf\u00E9 \u4F60\u597D."}));
  EXPECT_EQ(read[2], json({kBelowAHundredHours, kBelowAHundredHours + 880, "Off-screen", "Late."}));
}

TEST(OtherReaders, MarkersHaveTheNameAndTheTextInOneLine) {
  Result result = three_cues();
  result.captions[1].speaker_name = "Bert";
  result.captions[1].lines = {"a | b"};
  const json read = read_with_others("edl", result);
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0], json({1000, 3520, "Ann \"A\" & <B>", "One < two & \"three\". Four, five."}));
  EXPECT_EQ(read[1], json({4000, 5400, "Bert", "a / b"}));
}

TEST(OtherReaders, TakePlacedAndSharedCuesAndNoCuesAtAll) {
  Result result = three_cues(kBelowAHundredHours);
  result.captions[0].placement = Placement{0.05, 0.02};
  result.captions[1].placement = Placement{0.99, 1};
  result.captions[1].lines = {"One.", "Two."};
  result.captions[1].line_voices = {{1, "Ann \"A\" & <B>"}, {0, "Off-screen"}};
  const Formats all = {"vtt", "srt", "ttml", "ebu-tt-d", "csv", "otio", "eaf", "textgrid"};
  const std::vector<json> some = read_with_others(all, result);
  const std::vector<json> none = read_with_others(all, {});
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_GE(some[i].size(), 3u) << all[i];
    EXPECT_EQ(none[i].size(), 0u) << all[i];
  }
}

TEST(OtherReaders, PraatAndElanFindWordsInTheirOwnTiers) {
  Result result = three_cues();
  result.words = {word(1000, 1400, "one"), word(1200, 1600, "over"), word(1700, 1800, "two")};
  const json words = {{1000, 1400, "Ann \"A\" & <B> - words", "one"},
                      {1700, 1800, "Ann \"A\" & <B> - words", "two"},
                      {1200, 1600, "Ann \"A\" & <B> - words", "over"}};
  json praat = read_with_others("textgrid", result);
  EXPECT_EQ(json(praat.begin() + 3, praat.end()), words);
  json elan = read_with_others("eaf", result);
  json expected = words;
  expected[2][2] = "Ann \"A\" & <B> - words (2)";
  EXPECT_EQ(json(elan.begin() + 3, elan.end()), expected);
}

}  // namespace
}  // namespace attune::captions
