#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "aligner_parity.h"
#include "core/error.h"
#include "models/lag_estimator.h"
#include "models/log_mel.h"
#include "models/mouth_crop.h"

namespace attune::models {
namespace {

using std::numbers::pi;

TEST(RealFft, AgreesWithTheDefinition) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const int size : {4, 6, 8, 10, 64, 90, 400, 512}) {
    const RealFft fft(size);
    std::vector<double> input(size - size / 4);
    for (double& x : input) x = normal(random);
    std::vector<double> power(fft.bins());
    fft.power_spectrum(input, power);
    for (int b = 0; b < fft.bins(); ++b) {
      double real = 0;
      double imaginary = 0;
      for (std::size_t n = 0; n < input.size(); ++n) {
        real += input[n] * std::cos(2 * pi * b * static_cast<double>(n) / size);
        imaginary -= input[n] * std::sin(2 * pi * b * static_cast<double>(n) / size);
      }
      EXPECT_NEAR(power[b], real * real + imaginary * imaginary, 1e-9) << size << " bin " << b;
    }
  }
  for (const int size : {0, 2, 14, 25, 404}) EXPECT_THROW(RealFft{size}, Error) << size;
}

TEST(LogMel, AgreesWithTheTrainingProgram) {
  const LogMel log_mel(shipped_model()->geometry().sound);
  const std::vector<float> sound = Parity::arrays().values("waveform");
  constexpr int kFirst = -5;
  const tensor::Tensor expected = Parity::arrays()["mel"];
  const int frames = static_cast<int>(expected.dim(0));
  std::vector<float> samples(log_mel.samples_for(frames));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::int64_t at = kFirst * 160 + log_mel.first_sample() + static_cast<std::int64_t>(i);
    if (at >= 0 && at < std::ssize(sound)) samples[i] = sound[at];
  }
  std::vector<float> mel(expected.size());
  log_mel.compute(samples, frames, mel);
  expect_near(mel, expected.values(), 1e-4, "log-mel");
}

TEST(LogMel, AToneAtABandsPeakIsLoudestThere) {
  const LogMelGeometry geometry = shipped_model()->geometry().sound;
  const LogMel log_mel(geometry);
  const double low = 2595 * std::log10(1 + geometry.mel_low_hz / 700);
  const double high = 2595 * std::log10(1 + geometry.mel_high_hz / 700);
  for (const int band : {5, 17, 36}) {
    const double mel = low + (high - low) * (band + 1) / (geometry.mel_bands + 1);
    const double hz = 700 * (std::pow(10, mel / 2595) - 1);
    std::vector<float> tone(log_mel.samples_for(1));
    for (std::size_t n = 0; n < tone.size(); ++n)
      tone[n] = static_cast<float>(std::sin(2 * pi * hz * static_cast<double>(n) / 16000));
    std::vector<float> row(geometry.mel_bands);
    log_mel.compute(tone, 1, row);
    EXPECT_EQ(std::ranges::max_element(row) - row.begin(), band);
  }
}

FaceLandmarks landmarks_of(std::span<const float> values) {
  FaceLandmarks landmarks;
  for (std::size_t p = 0; p < landmarks.size(); ++p)
    landmarks[p] = {values[2 * p], values[2 * p + 1]};
  return landmarks;
}

TEST(MouthCrop, AgreesWithTheTrainingProgram) {
  const MouthCropGeometry geometry = shipped_model()->geometry().crop;
  for (const std::string name : {"crop_small", "crop_large"}) {
    const tensor::Tensor picture = Parity::arrays()[name + ".picture"];
    const std::vector<std::uint8_t> pixels = Parity::arrays().bytes(name + ".picture");
    const int height = static_cast<int>(picture.dim(0));
    const int width = static_cast<int>(picture.dim(1));
    const auto placement =
        place_mouth_crop(landmarks_of(Parity::arrays().values(name + ".landmarks")), geometry);
    std::vector<float> crop(geometry.pixels());
    sample_mouth_crop({pixels.data(), width, height, width}, placement, geometry, crop);
    expect_near(crop, Parity::arrays().values(name + ".crop"), 0.01, name.c_str());
  }
}

TEST(MouthCrop, SmoothingAgreesWithTheTrainingProgram) {
  const MouthCropGeometry geometry = shipped_model()->geometry().crop;
  const std::vector<float> seconds = Parity::arrays().values("landmarks.times");
  const std::vector<float> detected = Parity::arrays().values("landmarks.detected");
  const std::vector<float> expected = Parity::arrays().values("landmarks.smoothed");
  std::vector<Timestamp> times;
  std::vector<FaceLandmarks> faces;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    times.push_back(from_seconds(seconds[i]));
    faces.push_back(landmarks_of(std::span(detected).subspan(10 * i, 10)));
  }
  const auto track = interpolate_landmarks(times, faces, 0, static_cast<int>(expected.size() / 10));
  for (std::size_t i = 0; i < track.size(); ++i) {
    const FaceLandmarks smooth = smooth_landmarks(track, i, geometry);
    for (std::size_t p = 0; p < smooth.size(); ++p) {
      EXPECT_NEAR(smooth[p].x, expected[10 * i + 2 * p], 1e-3) << i;
      EXPECT_NEAR(smooth[p].y, expected[10 * i + 2 * p + 1], 1e-3) << i;
    }
  }
}

TEST(MouthCrop, ASlopeStaysASlopeTurnedWithTheEyes) {
  // gray = 40 + 0.5 x; the face is turned by 30 degrees, so that the crop's columns climb by
  // 0.5 cos(30) and its rows fall by 0.5 sin(30) a picture pixel.
  const MouthCropGeometry geometry = shipped_model()->geometry().crop;
  constexpr int kSide = 300;
  std::vector<std::uint8_t> pixels(kSide * kSide);
  for (int i = 0; i < kSide * kSide; ++i)
    pixels[i] = static_cast<std::uint8_t>(40 + (i % kSide) / 2);
  const double c = std::cos(pi / 6);
  const double s = std::sin(pi / 6);
  const auto turned = [&](double x, double y) -> PicturePoint {
    return {150 + c * x - s * y, 150 + s * x + c * y};
  };
  const FaceLandmarks face{turned(-20, -40), turned(20, -40), turned(0, -20), turned(-15, 0),
                           turned(15, 0)};
  const auto placement = place_mouth_crop(face, geometry);
  EXPECT_NEAR(placement.side, 60, 1e-9);
  EXPECT_NEAR(placement.along.x, c, 1e-9);
  std::vector<float> crop(geometry.pixels());
  sample_mouth_crop({pixels.data(), kSide, kSide, kSide}, placement, geometry, crop);
  const double step = placement.side / geometry.side;
  for (int y = 4; y < 44; ++y)
    for (int x = 4; x < 44; ++x) {
      const double right = (x + 0.5 - 24) * step;
      const double down = (y + 0.5 - 24) * step;
      const double expected = 40 + 0.5 * (150 + c * right - s * down) - 0.25;
      ASSERT_NEAR(crop[y * 48 + x], expected, 0.3) << x << " " << y;
    }
}

TEST(MouthCrop, RepeatsTheEdgeOutsideThePicture) {
  const MouthCropGeometry geometry = shipped_model()->geometry().crop;
  const std::vector<std::uint8_t> pixels{90};
  const FaceLandmarks far{{{-900, 10}, {-860, 10}, {-880, 30}, {-890, 50}, {-870, 50}}};
  std::vector<std::uint8_t> crop(geometry.pixels());
  sample_mouth_crop({pixels.data(), 1, 1, 1}, place_mouth_crop(far, geometry), geometry, crop);
  EXPECT_EQ(crop, std::vector<std::uint8_t>(geometry.pixels(), 90));
}

TEST(LagEstimator, KnowsNothingBeforeAnythingWasHeard) {
  const LagEstimator lag({.max_lag = 15, .prior_ticks = 25, .memory_ticks = 0});
  for (const float p : lag.log_prior()) EXPECT_NEAR(p, 0, 1e-7);
  EXPECT_NEAR(lag.estimate().confidence, 2.0 / 31, 1e-9);
}

TEST(LagEstimator, FindsAPeakBetweenTwoTicks) {
  LagEstimator lag({.max_lag = 15, .prior_ticks = 25, .memory_ticks = 0});
  std::vector<float> profile(31, 0.0F);
  profile[15 + 3] = profile[15 + 4] = 0.5F;
  for (int t = 0; t < 1000; ++t) lag.add(profile);
  EXPECT_NEAR(std::abs(lag.estimate().lag_ticks - 3.5), 0, 1e-6);
  // c = 1000 (1/8, 3/8, 3/8, 1/8) around the peak and 25 / 31 everywhere.
  EXPECT_NEAR(lag.estimate().confidence, (875 + 3 * 25.0 / 31) / 1025, 1e-9);
  EXPECT_NEAR(lag.log_prior()[15 + 3], std::log(31 * (375 + 25.0 / 31) / 1025), 1e-5);
  EXPECT_NEAR(lag.log_prior()[0], std::log(25.0 / 1025), 1e-5);
}

TEST(LagEstimator, ALiveFeedForgetsWithinMinutes) {
  LagEstimator file({.max_lag = 2, .prior_ticks = 25, .memory_ticks = 0});
  LagEstimator live({.max_lag = 2, .prior_ticks = 25, .memory_ticks = kLiveLagMemoryTicks});
  const std::vector<float> before{1, 0, 0, 0, 0};
  const std::vector<float> after{0, 0, 0, 0, 1};
  for (int t = 0; t < 10000; ++t) {
    file.add(before);
    live.add(before);
  }
  for (int t = 0; t < 3000; ++t) {
    file.add(after);
    live.add(after);
  }
  EXPECT_EQ(std::lround(file.estimate().lag_ticks), -2);
  EXPECT_EQ(std::lround(live.estimate().lag_ticks), 2);
}

}  // namespace
}  // namespace attune::models
