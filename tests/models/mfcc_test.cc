#include "models/mfcc.h"

#include <gtest/gtest.h>

#include <cmath>

#include "npz.h"

namespace attune::models {
namespace {

std::vector<float> samples_of(const NpyArray& pcm) {
  std::vector<float> samples;
  for (const std::int16_t value : pcm.as<std::int16_t>())
    samples.push_back(static_cast<float>(value) / 32768.0F);
  return samples;
}

TEST(Mfcc, AgreesWithTheReferenceOnRealSpeech) {
  for (const char* name : {"lightasd_demo1_t0", "lightasd_interview_t1", "lightasd_cnn_t2"}) {
    const auto path = std::filesystem::path("goldens") / (std::string(name) + ".npz");
    ATTUNE_REQUIRE_SHARED(path);
    const Npz golden(shared_folder() / path);
    const auto expected = golden["mfcc"].tensor();
    const auto actual = Mfcc()(samples_of(golden["pcm"]));
    ASSERT_EQ(actual.shape(), expected.shape());
    for (std::int64_t i = 0; i < actual.size(); ++i)
      ASSERT_NEAR(actual.data()[i], expected.data()[i], 1e-4) << name << ", element " << i;
  }
}

TEST(Mfcc, SilenceIsTheFloor) {
  const auto rows = Mfcc()(std::vector<float>(1600, 0.0F));
  ASSERT_EQ(rows.dim(0), 9);
  for (std::int64_t r = 0; r < rows.dim(0); ++r) {
    EXPECT_NEAR(rows.at({r, 0}), -36.0436534, 1e-5);
    for (std::int64_t c = 1; c < 13; ++c) EXPECT_NEAR(rows.at({r, c}), 0, 1e-4);
  }
}

TEST(Mfcc, CountsRows) {
  EXPECT_EQ(Mfcc::rows(0), 0);
  EXPECT_EQ(Mfcc::rows(1), 1);
  EXPECT_EQ(Mfcc::rows(400), 1);
  EXPECT_EQ(Mfcc::rows(401), 2);
  EXPECT_EQ(Mfcc::rows(560), 2);
  EXPECT_EQ(Mfcc::rows(100 * 640 + 240), 400);
  EXPECT_EQ(Mfcc()({}).dim(0), 0);
}

TEST(Mfcc, AStretchFromTheMiddleGivesTheSameRows) {
  std::vector<float> samples(4000);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = 0.3F * std::sin(0.05F * static_cast<float>(i)) +
                 0.1F * std::sin(0.9F * static_cast<float>(i));
  const Mfcc mfcc;
  const auto whole = mfcc(samples);
  const auto part = mfcc(std::span(samples).subspan(5 * 160, 6 * 160 + 240), samples[5 * 160 - 1]);
  ASSERT_EQ(part.dim(0), 6);
  for (std::int64_t r = 0; r < 6; ++r)
    for (std::int64_t c = 0; c < 13; ++c) EXPECT_EQ(part.at({r, c}), whole.at({r + 5, c}));
}

}  // namespace
}  // namespace attune::models
