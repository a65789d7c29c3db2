#include "models/silero_vad.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>

#include "npz.h"

namespace attune::models {
namespace {

class SileroVadTest : public testing::Test {
 protected:
  void SetUp() override {
    ATTUNE_REQUIRE_SHARED("models/silero_vad/silero_vad_16k.safetensors");
    ATTUNE_REQUIRE_SHARED("goldens/silero_vad_safetensors.npz");
    file_ = shared_folder() / "models/silero_vad/silero_vad_16k.safetensors";
  }
  std::filesystem::path file_;
};

TEST_F(SileroVadTest, OneChunkAgreesWithTheReference) {
  const SileroVad vad(WeightFile::open(file_));
  const Npz golden(shared_folder() / "goldens/silero_vad_safetensors.npz");
  const auto input = golden.tensor("tap_input").reshaped({-1});
  ASSERT_EQ(input.size(), 576);
  SileroVad::State state = vad.initial_state();
  std::copy_n(input.data(), 64, state.context.begin());
  state.lstm.hidden = golden.tensor("tap_h0").reshaped({128}).clone();
  state.lstm.cell = golden.tensor("tap_c0").reshaped({128}).clone();
  const auto p = vad({input.data() + 64, 512}, state);
  ASSERT_EQ(p.size(), 1U);
  EXPECT_NEAR(p[0], golden.tensor("tap_prob").data()[0], 1e-5);
  const auto hidden = golden.tensor("tap_h1");
  const auto cell = golden.tensor("tap_c1");
  for (std::int64_t i = 0; i < 128; ++i) {
    EXPECT_NEAR(state.lstm.hidden.at({i}), hidden.data()[i], 1e-4);
    EXPECT_NEAR(state.lstm.cell.at({i}), cell.data()[i], 1e-4);
  }
  for (std::int64_t i = 0; i < 64; ++i)
    EXPECT_EQ(state.context[static_cast<std::size_t>(i)], input.data()[512 + i]);
}

// Samples of a canonical WAV file, 16-bit mono.
std::vector<float> wav_samples(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const auto data = bytes.find("data") + 8;
  std::vector<float> samples((bytes.size() - data) / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::int16_t value = 0;
    std::memcpy(&value, bytes.data() + data + 2 * i, 2);
    samples[i] = static_cast<float>(value) / 32768.0F;
  }
  return samples;
}

TEST_F(SileroVadTest, ARecordingAgreesWithTheReference) {
  const std::filesystem::path recording = "data/speech/native/jfk.wav";
  ATTUNE_REQUIRE_SHARED(recording);
  const SileroVad vad(WeightFile::open(file_));
  const auto expected =
      Npz(shared_folder() / "goldens/silero_vad_safetensors.npz").tensor("prob_jfk");
  SileroVad::State state = vad.initial_state();
  const auto p = vad(wav_samples(shared_folder() / recording), state);
  ASSERT_EQ(static_cast<std::int64_t>(p.size()), expected.size());
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], expected.data()[i], 1e-4) << i;
}

TEST_F(SileroVadTest, PartsGiveWhatTheWholeGives) {
  const SileroVad vad(WeightFile::open(file_));
  std::vector<float> samples(512 * 300 + 100);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto t = static_cast<float>(i) / 16000.0F;
    samples[i] = 0.4F * std::sin(2 * 3.14159F * (140 + 60 * std::sin(5 * t)) * t) *
                 std::abs(std::sin(4 * t));
  }
  SileroVad::State state = vad.initial_state();
  const auto whole = vad(samples, state);
  ASSERT_EQ(whole.size(), 301U);
  state = vad.initial_state();
  std::vector<float> parts;
  for (std::size_t begin = 0; begin < samples.size(); begin += 512 * 7) {
    const auto part = std::span(samples).subspan(begin);
    const auto p = vad(part.first(std::min<std::size_t>(part.size(), 512 * 7)), state);
    parts.insert(parts.end(), p.begin(), p.end());
  }
  ASSERT_EQ(parts.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(parts[i], whole[i], 1e-4);
}

}  // namespace
}  // namespace attune::models
