#include "generated_scene.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace attune::scene_test {
namespace {

std::string quoted(const std::filesystem::path& path) {
  return "'" + path.string() + "'";
}

std::string bytes_of(const std::string& command) {
  const CommandResult result = run(command);
  if (result.exit_code != 0) throw std::runtime_error(command + ": " + result.output);
  return result.output;
}

}  // namespace

CommandResult run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  CommandResult result;
  std::array<char, 65536> block{};
  while (const std::size_t count = fread(block.data(), 1, block.size(), pipe)) {
    result.output.append(block.data(), count);
  }
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

std::filesystem::path test_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("attune_" + std::string(test->test_suite_name()) + "_" + test->name());
  std::filesystem::create_directories(folder);
  return folder;
}

GeneratedScene generate(const std::string& name, const std::string& options) {
  const auto movie = test_folder() / (name + ".mp4");
  const auto truth = test_folder() / (name + ".json");
  bytes_of(std::string(ATTUNE_SCENE) + " -o " + quoted(movie) + " --truth " + quoted(truth) + " " +
           options);
  return {movie, nlohmann::json::parse(read_file(truth))};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> decode_sound(const std::filesystem::path& movie, int rate) {
  const std::string bytes = bytes_of("ffmpeg -v error -i " + quoted(movie) +
                                     " -map 0:a -ac 1 -ar " + std::to_string(rate) + " -f f32le -");
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
  return samples;
}

std::vector<GreyPicture> decode_pictures(const GeneratedScene& scene) {
  const int width = scene.truth.at("width");
  const int height = scene.truth.at("height");
  const auto size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  const std::string bytes = bytes_of("ffmpeg -v error -i " + quoted(scene.movie) +
                                     " -map 0:v -fps_mode passthrough -f rawvideo -pix_fmt gray -");
  std::vector<GreyPicture> pictures;
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    pictures.push_back({width,
                        height,
                        {bytes.begin() + static_cast<std::ptrdiff_t>(at),
                         bytes.begin() + static_cast<std::ptrdiff_t>(at + size)}});
  }
  return pictures;
}

double difference(const GreyPicture& a, const GreyPicture& b, int x0, int y0, int x1, int y1) {
  double sum = 0;
  int count = 0;
  for (int y = std::max(0, y0); y < std::min(a.height, y1); ++y) {
    for (int x = std::max(0, x0); x < std::min(a.width, x1); ++x) {
      const auto i = static_cast<std::size_t>(y) * static_cast<std::size_t>(a.width) +
                     static_cast<std::size_t>(x);
      sum += std::abs(a.pixels[i] - b.pixels[i]);
      ++count;
    }
  }
  return count > 0 ? sum / count : 0;
}

}  // namespace attune::scene_test
