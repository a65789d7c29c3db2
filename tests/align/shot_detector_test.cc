#include "align/shot_detector.h"

#include <gtest/gtest.h>

#include <random>

namespace attune::align {
namespace {

using Thumbnail = ShotDetector::Thumbnail;

/// Scene number `scene`: a fixed random pattern with a little noise and an optional slow pan.
Thumbnail scene_picture(int scene, int tick, float noise, float pan = 0) {
  std::mt19937 pattern(static_cast<unsigned>(scene) + 1);
  std::uniform_real_distribution<float> level(20, 235);
  std::mt19937 grain(static_cast<unsigned>(tick) * 7919u + 3);
  std::normal_distribution<float> jitter(0, noise);
  Thumbnail t{};
  for (float& value : t) value = level(pattern) + pan * static_cast<float>(tick) + jitter(grain);
  return t;
}

std::vector<TokenIndex> cuts_of(const std::vector<Thumbnail>& pictures) {
  ShotDetector detector;
  std::vector<TokenIndex> ticks;
  TokenIndex tick = 100;
  for (const Thumbnail& picture : pictures)
    if (const auto cut = detector.push(tick++, picture)) ticks.push_back(cut->tick);
  for (const ShotCut& cut : detector.flush()) ticks.push_back(cut.tick);
  return ticks;
}

TEST(ShotDetector, FindsEveryHardCutAtItsTick) {
  std::vector<Thumbnail> pictures;
  for (int scene = 0; scene < 5; ++scene)
    for (int i = 0; i < 30 + scene; ++i) pictures.push_back(scene_picture(scene, i, 2));
  EXPECT_EQ(cuts_of(pictures), (std::vector<TokenIndex>{130, 161, 193, 226}));
}

TEST(ShotDetector, IgnoresFlashesNoiseAndSlowChanges) {
  std::vector<Thumbnail> pictures;
  for (int i = 0; i < 100; ++i) pictures.push_back(scene_picture(0, i, 6, 0.5f));
  pictures[50].fill(255);
  EXPECT_TRUE(cuts_of(pictures).empty());
}

TEST(ShotDetector, AChangeOverSeveralPicturesIsOneCut) {
  std::vector<Thumbnail> pictures;
  for (int i = 0; i < 40; ++i) pictures.push_back(scene_picture(0, i, 2));
  for (const int scene : {7, 7, 8, 9}) pictures.push_back(scene_picture(scene, 0, 2));
  for (int i = 0; i < 40; ++i) pictures.push_back(scene_picture(1, i, 2));
  EXPECT_EQ(cuts_of(pictures), (std::vector<TokenIndex>{140}));
}

TEST(ShotDetector, FindsACutJustBeforeTheEnd) {
  std::vector<Thumbnail> pictures;
  for (int i = 0; i < 40; ++i) pictures.push_back(scene_picture(i < 39 ? 0 : 1, i, 2));
  EXPECT_EQ(cuts_of(pictures), (std::vector<TokenIndex>{139}));
}

TEST(Thumbnail, IsTheMeanOfEachBlock) {
  const int width = 64, height = 36, stride = 70;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(stride * height), 200);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels[static_cast<std::size_t>(y * stride + x)] =
          static_cast<std::uint8_t>(x / 2 + 32 * (y % 2));
  const auto thumbnail = make_thumbnail(pixels.data(), width, height, stride);
  for (int bx = 0; bx < 32; ++bx)
    EXPECT_FLOAT_EQ(thumbnail[static_cast<std::size_t>(bx)], bx + 16.0f);
}

}  // namespace
}  // namespace attune::align
