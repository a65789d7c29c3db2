#include "captions/attribution.h"

#include <gtest/gtest.h>

#include "captions/speaker_names.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using align::AlignmentWindow;
using align::SpeakerId;

/// Speakers 1 and 2 (tracks 11 and 12) and nobody, with constant masses over a window.
std::shared_ptr<const AlignmentWindow> window(TokenIndex first, int length, float one, float two) {
  const auto n = static_cast<std::size_t>(length);
  auto result = std::make_shared<AlignmentWindow>();
  result->first = first;
  result->length = length;
  result->tracks = {{11, 1, first, std::vector<float>(n, one), {}},
                    {12, 2, first, std::vector<float>(n, two), {}}};
  result->null_mass.assign(n, 1 - one - two);
  return result;
}

SpeakerId speaker_of(const align::Word& word, const std::vector<align::SpeechSegment>& segments,
                     const std::vector<std::shared_ptr<const AlignmentWindow>>& windows = {}) {
  return attribute_words({word}, segments, windows).at(0).speaker;
}

TEST(Attribution, TheSegmentThatOverlapsMostWins) {
  const std::vector segments = {segment(0, 1000, 1), segment(1000, 2000, 2)};
  EXPECT_EQ(speaker_of(word(700, 1100, "w", 0), segments), 1);
  EXPECT_EQ(speaker_of(word(900, 1300, "w", 0), segments), 2);
  EXPECT_EQ(speaker_of(word(800, 1200, "w", 0), segments), 1) << "equal: who was speaking already";
}

TEST(Attribution, MassDecidesBetweenPeopleWhoSpeakAtOnce) {
  const std::vector segments = {segment(0, 4000, 1), segment(0, 4000, 2), segment(0, 4000, 0)};
  const std::vector windows = {window(0, 25, 0.7f, 0.2f), window(25, 25, 0.2f, 0.7f),
                               window(50, 50, 0.1f, 0.2f)};
  EXPECT_EQ(speaker_of(word(200, 600, "w", 0), segments, windows), 1);
  EXPECT_EQ(speaker_of(word(1200, 1600, "w", 0), segments, windows), 2);
  EXPECT_EQ(speaker_of(word(2200, 2600, "w", 0), segments, windows), 0);
  EXPECT_EQ(speaker_of(word(700, 1200, "w", 0), segments, windows), 1) << "0.3 s against 0.2 s";
  EXPECT_EQ(speaker_of(word(5000, 5200, "w", 0), segments, windows), 0) << "outside every segment";
}

TEST(Attribution, MassOutsideTheSegmentDoesNotCount) {
  const std::vector segments = {segment(0, 1000, 1), segment(900, 2000, 2)};
  const std::vector windows = {window(0, 50, 0.6f, 0.3f)};
  // Speaker 1 overlaps for 0.1 s with mass 0.6, speaker 2 for 0.4 s with mass 0.3.
  EXPECT_EQ(speaker_of(word(900, 1300, "w", 0), segments, windows), 2);
}

TEST(Attribution, WordsBesideASegmentBelongToIt) {
  const std::vector segments = {segment(1000, 2000, 1), segment(2600, 3000, 2)};
  EXPECT_EQ(speaker_of(word(600, 700, "w", 0), segments), 1) << "0.3 s before";
  EXPECT_EQ(speaker_of(word(600, 699, "w", 0), segments), 0) << "further than 0.3 s";
  EXPECT_EQ(speaker_of(word(2300, 2400, "w", 0), segments), 2) << "0.2 s is nearer than 0.3 s";
  EXPECT_EQ(speaker_of(word(2250, 2350, "w", 0), segments), 1) << "equally near: the earlier";
}

TEST(Attribution, ALongSegmentIsFoundBehindShortOnes) {
  std::vector segments = {segment(0, 100'000, 1)};
  for (int i = 0; i < 50; ++i) segments.push_back(segment(1000 * i, 1000 * i + 100, 2));
  EXPECT_EQ(speaker_of(word(90'000, 90'200, "w", 0), segments), 1);
}

TEST(Attribution, KeepsEveryWordInOrder) {
  const auto words = attribute_words({word(0, 1, "a", 9), word(5000, 5100, "b", 9)}, {});
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].text, "a");
  EXPECT_EQ(words[1].text, "b");
  EXPECT_EQ(words[1].speaker, 0) << "no segments: off screen";
}

TEST(SpeakerNames, NumbersPeopleByTheirFirstSpeech) {
  const std::vector segments = {segment(0, 1, 0), segment(2, 3, 8), segment(4, 5, 3),
                                segment(6, 7, 8)};
  const SpeakerNames names = name_speakers(segments, {{2, "Ann"}}, "Voice");
  EXPECT_EQ(names.name(8), "Speaker 1");
  EXPECT_EQ(names.name(3), "Ann");
  EXPECT_EQ(names.name(0), "Voice");
  EXPECT_EQ(names.name(5), "Speaker 5");
}

}  // namespace
}  // namespace attune::captions
