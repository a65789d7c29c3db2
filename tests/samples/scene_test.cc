#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "generated_scene.h"

namespace attune::scene_test {
namespace {

using nlohmann::json;

constexpr int kRate = 16000;
const std::string kSmall = "--size 320x180 ";

std::string probe(const GeneratedScene& scene, const std::string& entries) {
  std::string text = run("ffprobe -v error -select_streams v -of default=nw=1:nk=1 -show_entries " +
                         entries + " '" + scene.movie.string() + "'")
                         .output;
  return text.substr(0, text.find('\n'));
}

double rms(const std::vector<float>& samples, double start, double end) {
  const auto from = static_cast<std::size_t>(start * kRate);
  const auto to = std::min(samples.size(), static_cast<std::size_t>(end * kRate));
  double energy = 0;
  for (std::size_t i = from; i < to; ++i) energy += samples[i] * samples[i];
  return std::sqrt(energy / static_cast<double>(to - from));
}

/// Lag in samples at which `later` looks most like `earlier`.
int best_lag(const std::vector<float>& earlier, const std::vector<float>& later, int from, int to) {
  int best = from;
  double highest = -1;
  const int length =
      static_cast<int>(std::min(earlier.size(), later.size())) - std::abs(from) - std::abs(to);
  for (int lag = from; lag <= to; ++lag) {
    double product = 0;
    const int begin = std::max(0, -from);
    for (int i = begin; i < begin + length; i += 3) {
      product += earlier[static_cast<std::size_t>(i)] * later[static_cast<std::size_t>(i + lag)];
    }
    if (product > highest) {
      highest = product;
      best = lag;
    }
  }
  return best;
}

TEST(Scene, SameOptionsGiveTheSameBytes) {
  const std::string options = kSmall + "--parts dialogue --turns 1";
  const GeneratedScene first = generate("first", options);
  const GeneratedScene second = generate("second", options);
  const GeneratedScene other = generate("other", options + " --seed 2");
  EXPECT_TRUE(read_file(first.movie) == read_file(second.movie));
  EXPECT_FALSE(read_file(first.movie) == read_file(other.movie));
  json renamed = second.truth;
  renamed["media"] = first.truth["media"];
  EXPECT_EQ(first.truth, renamed);
}

class SceneRate : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(SceneRate, AgreesWithFfprobe) {
  const auto [option, expected] = GetParam();
  const GeneratedScene scene =
      generate("scene", kSmall + "--parts silence --silence 2 --fps " + option);
  EXPECT_EQ(scene.truth["fps"], expected);
  EXPECT_EQ(json::parse(probe(scene, "stream=width")), scene.truth["width"]);
  EXPECT_EQ(json::parse(probe(scene, "stream=height")), scene.truth["height"]);
  EXPECT_EQ(json::parse(probe(scene, "stream=nb_frames")), scene.truth["pictures"]);
  EXPECT_EQ(std::stod(probe(scene, "stream=start_time")), 0);
  EXPECT_NEAR(std::stod(probe(scene, "stream=duration")), scene.truth["duration"], 0.001);
  const std::string rate = probe(scene, "stream=avg_frame_rate");
  const double numerator = std::stod(rate);
  const double denominator = std::stod(rate.substr(rate.find('/') + 1));
  const std::string named = expected;
  EXPECT_NEAR(numerator / denominator,
              std::stod(named) / std::stod(named.substr(named.find('/') + 1)), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Rates, SceneRate,
                         testing::Values(std::pair{"25", "25/1"}, std::pair{"23.976", "24000/1001"},
                                         std::pair{"30000/1001", "30000/1001"},
                                         std::pair{"12.5", "25/2"}, std::pair{"60", "60/1"}));

TEST(Scene, SpeechIsHeardInItsSegmentsAlone) {
  const GeneratedScene scene = generate("scene", kSmall + "--turns 2 --silence 4");
  const std::vector<float> sound = decode_sound(scene.movie, kRate);
  ASSERT_NEAR(static_cast<double>(sound.size()) / kRate, scene.truth["duration"], 0.05);
  ASSERT_EQ(scene.truth["segments"].size(), 5);
  for (const json& segment : scene.truth["segments"]) {
    EXPECT_GT(rms(sound, segment["start"], segment["end"]), 0.05) << segment["text"];
  }
  double longest = 0;
  for (const json& silence : scene.truth["silences"]) {
    const double start = silence["start"];
    const double end = silence["end"];
    // The codec spreads a word's edges by up to one of its blocks (21 ms).
    EXPECT_LT(rms(sound, start + 0.03, end - 0.03), 0.001) << start;
    longest = std::max(longest, end - start);
  }
  EXPECT_GE(longest, 4);
}

TEST(Scene, SegmentsBeginAndEndWithTheirSound) {
  const GeneratedScene scene = generate("scene", kSmall + "--parts dialogue,off-screen --turns 2");
  const std::vector<float> sound = decode_sound(scene.movie, kRate);
  for (const json& segment : scene.truth["segments"]) {
    constexpr double kWindow = 0.02;
    constexpr double kHeard = 0.0015;
    double first = segment["start"].get<double>() - 0.3;
    double last = segment["end"].get<double>() + 0.3;
    while (rms(sound, first, first + kWindow) < kHeard) first += 0.001;
    while (rms(sound, last - kWindow, last) < kHeard) last -= 0.001;
    EXPECT_NEAR(first + kWindow / 2, segment["start"], 0.05) << segment["text"];
    EXPECT_NEAR(last - kWindow / 2, segment["end"], 0.05) << segment["text"];
  }
}

TEST(Scene, WordsFollowEachOtherWithinTheirSegment) {
  const GeneratedScene scene = generate("scene", kSmall + "--turns 3 --silence 1");
  for (const json& segment : scene.truth["segments"]) {
    double previous = segment["start"].get<double>() - 0.001;
    std::string text;
    for (const json& word : segment["words"]) {
      EXPECT_GE(word["start"].get<double>(), previous - 0.001);
      EXPECT_GT(word["end"].get<double>(), word["start"].get<double>());
      previous = word["end"];
      text += word["text"].get<std::string>() + " ";
    }
    EXPECT_LE(previous, segment["end"].get<double>() + 0.001);
    std::string expected = segment["text"];
    std::erase_if(expected, [](char c) { return c == ',' || c == '.' || c == '?'; });
    EXPECT_EQ(text, expected + " ");
  }
}

/// Mean change of a speaker's mouth from picture to picture, while `speaker` talks and while not.
std::pair<double, double> mouth_motion(const GeneratedScene& scene,
                                       const std::vector<GreyPicture>& pictures, int speaker) {
  const json& landmarks = scene.truth["faces"][static_cast<std::size_t>(speaker - 1)]["landmarks"];
  double sum[2] = {};
  int count[2] = {};
  for (std::size_t i = 1; i < pictures.size(); ++i) {
    const double time = static_cast<double>(i) / 25;
    bool near_edge = false;
    bool talks = false;
    for (const json& segment : scene.truth["segments"]) {
      const double start = segment["start"];
      const double end = segment["end"];
      near_edge |= std::abs(time - start) < 0.2 || std::abs(time - end) < 0.2;
      talks |= segment["speaker"] == speaker && time > start && time < end;
    }
    if (near_edge) continue;
    const json& p = landmarks[i];
    const double half = (p[8].get<double>() - p[6].get<double>()) / 2;
    const double x = (p[6].get<double>() + p[8].get<double>()) / 2;
    const double y = (p[7].get<double>() + p[9].get<double>()) / 2;
    sum[talks] += difference(pictures[i - 1], pictures[i], static_cast<int>(x - half),
                             static_cast<int>(y - half / 2), static_cast<int>(x + half),
                             static_cast<int>(y + 1.5 * half));
    ++count[talks];
  }
  return {sum[1] / count[1], sum[0] / count[0]};
}

TEST(Scene, MouthsMoveWhenTheirOwnerTalks) {
  const GeneratedScene scene =
      generate("scene", "--size 640x360 --parts dialogue,off-screen --turns 2");
  const std::vector<GreyPicture> pictures = decode_pictures(scene);
  ASSERT_EQ(pictures.size(), scene.truth["pictures"].get<std::size_t>());
  ASSERT_EQ(scene.truth["faces"].size(), 2);
  for (const int speaker : {1, 2}) {
    const auto [talking, quiet] = mouth_motion(scene, pictures, speaker);
    EXPECT_GT(talking, 4 * quiet) << "speaker " << speaker;
  }
}

TEST(Scene, OffsetDelaysTheSoundAndLeavesThePicture) {
  const std::string options = kSmall + "--parts dialogue --turns 1";
  const GeneratedScene aligned = generate("aligned", options);
  const std::vector<float> sound = decode_sound(aligned.movie, kRate);
  const auto pictures = decode_pictures(aligned);
  for (const int offset_ms : {240, -120}) {
    const GeneratedScene shifted =
        generate("shifted", options + " --offset-ms=" + std::to_string(offset_ms));
    const int expected = offset_ms * kRate / 1000;
    EXPECT_EQ(best_lag(sound, decode_sound(shifted.movie, kRate), expected - 200, expected + 200),
              expected);
    EXPECT_NEAR(shifted.truth["segments"][0]["start"].get<double>() -
                    aligned.truth["segments"][0]["start"].get<double>(),
                offset_ms / 1000.0, 1e-9);
    EXPECT_EQ(shifted.truth["offset_ms"], offset_ms);
    EXPECT_EQ(shifted.truth["faces"], aligned.truth["faces"]);
    const auto shifted_pictures = decode_pictures(shifted);
    ASSERT_EQ(shifted_pictures.size(), pictures.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      ASSERT_TRUE(shifted_pictures[i].pixels == pictures[i].pixels) << "picture " << i;
    }
  }
}

TEST(Scene, ShotsChangeWhereTheTruthSaysSo) {
  const GeneratedScene scene = generate("scene", kSmall + "--parts closing");
  const std::vector<GreyPicture> pictures = decode_pictures(scene);
  std::vector<int> expected;
  for (const json& shot : scene.truth["shots"]) {
    if (shot["start"] > 0) expected.push_back(std::lround(shot["start"].get<double>() * 25));
  }
  std::vector<int> found;
  for (std::size_t i = 1; i < pictures.size(); ++i) {
    if (difference(pictures[i - 1], pictures[i], 0, 0, 320, 180) > 12) {
      found.push_back(static_cast<int>(i));
    }
  }
  EXPECT_EQ(expected.size(), 2);
  EXPECT_EQ(found, expected);
  const GeneratedScene uncut = generate("uncut", kSmall + "--parts closing --no-cuts");
  EXPECT_EQ(uncut.truth["shots"].size(), 1);
  EXPECT_EQ(uncut.truth["segments"], scene.truth["segments"]);
}

TEST(Scene, OneSpeakerSitsAlone) {
  const GeneratedScene scene =
      generate("scene", kSmall + "--speakers 1 --parts dialogue,off-screen --turns 2");
  ASSERT_EQ(scene.truth["segments"].size(), 3);
  EXPECT_EQ(scene.truth["segments"][0]["speaker"], 1);
  EXPECT_EQ(scene.truth["segments"][1]["speaker"], 1);
  EXPECT_EQ(scene.truth["segments"][2]["speaker"], nullptr);
  EXPECT_EQ(scene.truth["segments"][2]["on_screen"], false);
  EXPECT_EQ(scene.truth["faces"].size(), 1);
}

TEST(Scene, MistakesAreUsageErrors) {
  for (const char* options : {"--fps fast", "--fps 1/0", "--size 321x180", "--size big",
                              "--speakers 3", "--offset-ms 5000", "--parts finale", "--unknown"}) {
    const auto movie = test_folder() / "scene.mp4";
    const CommandResult result =
        run(std::string(ATTUNE_SCENE) + " -o '" + movie.string() + "' " + options);
    EXPECT_EQ(result.exit_code, 2) << options << ": " << result.output;
    EXPECT_FALSE(std::filesystem::exists(movie)) << options;
  }
}

TEST(Scene, UnwritableFolderIsAnOutputError) {
  const auto file = test_folder() / "file";
  std::ofstream(file) << "not a folder";
  const CommandResult result = run(std::string(ATTUNE_SCENE) + " --parts silence -o '" +
                                   (file / "scene.mp4").string() + "'");
  EXPECT_EQ(result.exit_code, 5) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr(file.string()));
}

}  // namespace
}  // namespace attune::scene_test
