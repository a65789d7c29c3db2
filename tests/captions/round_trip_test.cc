#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "captions/caption_result.h"
#include "captions/encoding.h"
#include "captions/formats.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

/// Random results of what formats must carry: any characters but controls, many speakers, cues that
/// overlap, times up to 100 h in milliseconds.
class RandomResult {
 public:
  explicit RandomResult(unsigned seed) : random_(seed) {}

  bool names = true;
  bool shared = false;
  bool places = false;
  bool words = false;

  Result make() {
    std::vector<Caption> captions;
    std::vector<NamedWord> spoken;
    const std::vector<std::string> people = {text(), text(), "Off-screen", "", text()};
    std::int64_t start = 0;
    const int count = number(0, 30);
    for (int i = 0; i < count; ++i) {
      start += number(0, i % 7 == 0 ? 12'000'000 : 3000);
      Caption caption = cue(start, start + number(1, 7000), 0, "", {text()});
      if (number(0, 1) == 1) caption.lines.push_back(text());
      const std::string name = names ? people[index(people.size())] : "";
      caption.speaker_name = name;
      if (shared && caption.lines.size() == 2 && number(0, 2) == 0)
        caption.line_voices = {{0, people[0]}, {0, people[2]}};
      if (places && number(0, 1) == 1)
        caption.placement = Placement{number(200, 800) / 1000.0, number(200, 950) / 1000.0};
      if (words) spoken.push_back({word(start, start + number(1, 900), text(), 0), name});
      captions.push_back(std::move(caption));
    }
    return result_of(std::move(captions), std::move(spoken));
  }

 private:
  int number(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  std::size_t index(std::size_t size) {
    return static_cast<std::size_t>(number(0, static_cast<int>(size) - 1));
  }

  /// A few words without blanks at their ends.
  std::string text() {
    static const std::vector<std::string> kPieces = {"a",
                                                     "Hello",
                                                     "\u00E9",
                                                     "\u0301",
                                                     "\u4F60\u597D",
                                                     "\u0645\u0631",
                                                     "\U0001F600",
                                                     "&",
                                                     "<",
                                                     ">",
                                                     "\"",
                                                     "'",
                                                     "-->",
                                                     "&amp;",
                                                     ",",
                                                     ";",
                                                     "!",
                                                     "-",
                                                     "|",
                                                     "\u2028",
                                                     "\uFEFF",
                                                     "]]>",
                                                     "12",
                                                     "00:00:01.000",
                                                     "\\",
                                                     "=",
                                                     "\u00A0",
                                                     "<!-- x -->",
                                                     "WEBVTT",
                                                     "\u0085",
                                                     ":",
                                                     "(2)"};
    std::string result;
    const int count = number(1, 8);
    for (int i = 0; i < count; ++i) {
      if (i > 0 && number(0, 1) == 1) result += i % 3 == 0 ? "  " : " ";
      result += kPieces[index(kPieces.size())];
    }
    return result;
  }

  std::mt19937 random_;
};

std::string show(const Caption& caption) {
  std::string text = format_timestamp(caption.span.start) + ' ' +
                     format_timestamp(caption.span.end) + " [" + caption.speaker_name + ']';
  for (const Voice& voice : caption.line_voices) text += " {" + voice.name + '}';
  for (const std::string& line : caption.lines) text += '/' + line;
  return text;
}

std::vector<std::string> show(const std::vector<Caption>& captions) {
  std::vector<std::string> shown;
  for (const Caption& caption : captions) shown.push_back(show(caption));
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::vector<std::string> show_words(const Result& result) {
  std::vector<std::string> shown;
  for (const align::Word& word : result.words) {
    std::string name;
    for (const Speaker& speaker : result.speakers)
      if (speaker.id == word.speaker) name = speaker.name;
    shown.push_back(format_timestamp(word.span.start) + ' ' + format_timestamp(word.span.end) +
                    " [" + name + "] " + word.text);
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

class RoundTrip : public testing::TestWithParam<std::string> {};

TEST_P(RoundTrip, GivesBackWhatTheFormatHolds) {
  const Format& format = *find_format(GetParam());
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomResult random(seed);
    random.names = (format.holds & kVoices) != 0;
    random.shared = (format.holds & kSharedCues) != 0;
    random.places = (format.holds & kPlaces) != 0;
    random.words = (format.holds & kWords) != 0;
    const Result result = random.make();
    const std::string file = format.write(result);
    ASSERT_EQ(invalid_utf8(file), std::nullopt);
    const Result read = format.read(file);
    ASSERT_EQ(show(read.captions), show(result.captions)) << "seed " << seed << '\n' << file;
    ASSERT_EQ(show_words(read), show_words(random.words ? result : Result())) << "seed " << seed;
    for (std::size_t i = 0; random.places && i < result.captions.size(); ++i) {
      const auto& wanted = result.captions[i].placement;
      const auto& found = read.captions[i].placement;
      ASSERT_EQ(found.has_value(), wanted.has_value()) << "seed " << seed << " cue " << i;
      if (!wanted) continue;
      EXPECT_NEAR(found->x, wanted->x, 0.001);
      EXPECT_NEAR(found->y, wanted->y, 0.001);
    }
  }
}

TEST_P(RoundTrip, NothingComesBackAsNothing) {
  const Format& format = *find_format(GetParam());
  const Result read = format.read(format.write({}));
  EXPECT_TRUE(read.captions.empty());
  EXPECT_TRUE(read.words.empty());
}

INSTANTIATE_TEST_SUITE_P(Formats, RoundTrip,
                         testing::Values("vtt", "srt", "ttml", "ebu-tt-d", "json", "csv",
                                         "textgrid", "eaf"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(RoundTripOfSegments, RttmGivesBackWhoSpeaksWhen) {
  Result result = sample_result();
  result.speakers[1].name = "Tom_&_Jerry";
  const Format& format = *find_format("rttm");
  const Result read = format.read(format.write(result));
  ASSERT_EQ(read.segments.size(), 2u);
  EXPECT_EQ(read.segments[0].span, result.segments[0].span);
  EXPECT_EQ(read.segments[0].speaker, 1);
  EXPECT_EQ(read.segments[1].speaker, 0);
  EXPECT_EQ(read.media.title, "A_\"quoted\"_<name>");
}

TEST(RoundTripOfResults, JsonGivesBackSpeakersSegmentsAndNotes) {
  const Result result = sample_result();
  const Format& format = *find_format("json");
  const Result read = format.read(format.write(result));
  EXPECT_EQ(read.media.path, result.media.path);
  EXPECT_EQ(read.media.video->frame_rate, 25);
  EXPECT_EQ(read.notes, result.notes);
  ASSERT_EQ(read.speakers.size(), 2u);
  EXPECT_EQ(read.speakers[1].tracks, result.speakers[1].tracks);
  EXPECT_EQ(read.segments[1].span, result.segments[1].span);
  EXPECT_FLOAT_EQ(read.segments[0].confidence, 0.75f);
  ASSERT_EQ(read.captions[0].words.size(), 1u);
  EXPECT_EQ(read.captions[0].words[0].text, "one");
  EXPECT_EQ(read.captions[1].words.at(0).text, "caf\u00E9");
}

}  // namespace
}  // namespace attune::captions
