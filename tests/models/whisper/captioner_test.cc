// Whisper from sound to words, on a small random model: what it says is nonsense, and must be the
// same nonsense however the sound is given.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/task_arena.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/whisper_captioner.h"
#include "tiny_ggml.h"

namespace attune::models {
namespace {

using Sound = std::vector<float>;

/// A warbling tone.
Sound tone(double seconds, double level = 0.3) {
  Sound sound(static_cast<std::size_t>(seconds * whisper::kSampleRateHz));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double t = static_cast<double>(i) / whisper::kSampleRateHz;
    sound[i] = static_cast<float>(level * std::sin(2 * M_PI * (300 + 80 * std::sin(5 * t)) * t));
  }
  return sound;
}

std::string written(const std::vector<RecognizedWord>& words) {
  std::string text;
  for (const RecognizedWord& word : words)
    text += std::to_string(word.span.start.count()) + "-" + std::to_string(word.span.end.count()) +
            " " + word.text + " " + std::to_string(word.confidence) + "\n";
  return text;
}

class WhisperCaptionerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto file = std::filesystem::temp_directory_path() /
                      ("whisper_captioner_test_" + std::to_string(::getpid()) + ".bin");
    whisper::write_tiny_ggml(file);
    network_ = std::make_shared<const whisper::WhisperModel>(file, "f32");
    std::filesystem::remove(file);
  }
  static void TearDownTestSuite() { network_.reset(); }

  static WhisperCaptioner captioner() {
    whisper::TranscriptionOptions options;
    options.decoding.beam_size = 1;
    options.decoding.temperatures = {0};
    return {network_, {"tiny", ""}, options};
  }

  static std::shared_ptr<const whisper::WhisperModel> network_;
};

std::shared_ptr<const whisper::WhisperModel> WhisperCaptionerTest::network_;

TEST_F(WhisperCaptionerTest, StretchesTogetherGiveWhatEachGivesAlone) {
  // More than fit one batch, some too short for a window, one longer than a window.
  const std::vector<Sound> sounds{tone(3), tone(0.05), tone(31), {}, tone(2, 0.8)};
  const std::vector<std::span<const float>> stretches(sounds.begin(), sounds.end());
  std::vector<std::string> alone;
  for (const auto& sound : sounds) alone.push_back(written(captioner().transcribe(sound)));
  EXPECT_THAT(alone, testing::Contains(testing::Ne("")));
  tbb::task_arena(2).execute([&] {
    const auto together = captioner().transcribe_all(stretches);
    ASSERT_EQ(together.size(), sounds.size());
    for (std::size_t i = 0; i < sounds.size(); ++i)
      EXPECT_EQ(written(together[i]), alone[i]) << "stretch " << i;
  });
  EXPECT_TRUE(captioner().transcribe_all({}).empty());
}

TEST_F(WhisperCaptionerTest, WordsOfAnySoundLieWithinIt) {
  Sound offset = tone(2, 0.1);
  for (float& sample : offset) sample += 0.7f;
  for (const Sound& sound : {tone(0.1), offset, Sound(16000, 1.0f), Sound(16000, 0.0f)}) {
    TimeSpan last{};
    for (const RecognizedWord& word : captioner().transcribe(sound)) {
      EXPECT_FALSE(word.text.empty());
      EXPECT_GE(word.confidence, 0);
      EXPECT_LE(word.confidence, 1);
      EXPECT_GE(word.span.start, last.end);
      EXPECT_GE(word.span.end, word.span.start);
      last = word.span;
    }
    EXPECT_LE(last.end, std::chrono::nanoseconds(sound.size() * 62500));
  }
}

TEST_F(WhisperCaptionerTest, SamplesOutOfRangeAreClippedAndThoseThatAreNoNumbersSilent) {
  Sound broken = tone(1, 3);
  Sound whole = broken;
  for (float& sample : whole) sample = std::clamp(sample, -1.0f, 1.0f);
  broken[100] = std::numeric_limits<float>::quiet_NaN();
  broken[101] = std::numeric_limits<float>::infinity();
  broken[102] = -std::numeric_limits<float>::infinity();
  std::fill_n(whole.begin() + 100, 3, 0.0f);
  const std::string words = written(captioner().transcribe(broken));
  EXPECT_NE(words, "");
  EXPECT_EQ(words, written(captioner().transcribe(whole)));
}

}  // namespace
}  // namespace attune::models
