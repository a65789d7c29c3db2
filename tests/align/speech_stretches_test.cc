#include "align/speech_stretches.h"

#include <gtest/gtest.h>

namespace attune::align {
namespace {

using namespace std::chrono_literals;

std::vector<TimeSpan> stretches(const std::vector<float>& speech, std::size_t block) {
  SpeechStretchBuilder builder;
  std::vector<TimeSpan> found;
  for (std::size_t i = 0; i < speech.size(); i += block) {
    const std::vector<float> part(
        speech.begin() + static_cast<std::ptrdiff_t>(i),
        speech.begin() + static_cast<std::ptrdiff_t>(std::min(i + block, speech.size())));
    for (const TimeSpan& s : builder.push(static_cast<TokenIndex>(i), part)) found.push_back(s);
  }
  for (const TimeSpan& s : builder.flush()) found.push_back(s);
  return found;
}

std::vector<float> probabilities(std::initializer_list<std::pair<int, float>> runs) {
  std::vector<float> values;
  for (const auto& [length, value] : runs)
    values.insert(values.end(), static_cast<std::size_t>(length), value);
  return values;
}

TEST(SpeechStretches, CoverSpeechWithAMarginAndLeaveSilenceOut) {
  const auto found =
      stretches(probabilities({{50, 0}, {50, 0.995f}, {100, 0}, {3, 0.995f}, {50, 0}}), 25);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], (TimeSpan{1840ms, 4160ms}));
}

TEST(SpeechStretches, DoNotDependOnHowTheTicksArrive) {
  const auto speech = probabilities({{10, 0},
                                     {80, 0.995f},
                                     {5, 0.2f},
                                     {80, 0.995f},
                                     {30, 0},
                                     {600, 0.995f},
                                     {1, 0.5f},
                                     {300, 0.995f},
                                     {20, 0},
                                     {40, 0.992f}});
  const auto reference = stretches(speech, speech.size());
  EXPECT_GE(reference.size(), 4u);
  for (const std::size_t block : {1u, 7u, 25u, 100u})
    EXPECT_EQ(stretches(speech, block).size(), reference.size());
}

TEST(SpeechStretches, AreNeverLongerThanAllowedNorOverlapping) {
  std::vector<float> speech(5000, 0.995f);
  for (std::size_t i = 0; i < speech.size(); i += 90) speech[i] = 0.4f;
  const auto found = stretches(speech, 25);
  Timestamp covered{};
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_LE(found[i].duration(), 15s + 320ms);
    if (i > 0) {
      EXPECT_GE(found[i].start, found[i - 1].end);
    }
    covered += found[i].duration();
  }
  EXPECT_GE(covered, 199s);
}

TEST(SpeechStretches, NeedMomentsThatAreSurelySpeech) {
  EXPECT_TRUE(stretches(probabilities({{50, 0}, {50, 0.95f}, {50, 0}}), 25).empty());
  EXPECT_TRUE(stretches(probabilities({{50, 0}, {6, 0.95f}, {3, 0.995f}, {50, 0}}), 25).empty());
  EXPECT_EQ(stretches(probabilities({{50, 0}, {6, 0.95f}, {4, 0.995f}, {50, 0}}), 25).size(), 1U);
  // Fourteen of fifty are less than 30 %, sixteen are more.
  EXPECT_TRUE(stretches(probabilities({{50, 0}, {36, 0.95f}, {14, 0.995f}, {50, 0}}), 25).empty());
  EXPECT_EQ(stretches(probabilities({{50, 0}, {34, 0.95f}, {16, 0.995f}, {50, 0}}), 25).size(), 1U);
}

}  // namespace
}  // namespace attune::align
