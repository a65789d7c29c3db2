#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace attune::scene_test {

struct CommandResult {
  int exit_code = 0;
  std::string output;  // standard output, then standard error
};

/// Runs a shell command.
CommandResult run(const std::string& command);

/// A fresh folder that belongs to the running test.
std::filesystem::path test_folder();

/// A movie that attune-scene made, and its ground truth.
struct GeneratedScene {
  std::filesystem::path movie;
  nlohmann::json truth;
};

/// Runs attune-scene with `options`, into NAME.mp4 and NAME.json of the test's folder.
GeneratedScene generate(const std::string& name, const std::string& options);

std::string read_file(const std::filesystem::path& path);

/// Sound of a movie as ffmpeg decodes it: mono at `rate`.
std::vector<float> decode_sound(const std::filesystem::path& movie, int rate);

/// One grey picture, row by row.
struct GreyPicture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};
std::vector<GreyPicture> decode_pictures(const GeneratedScene& scene);

/// Mean absolute difference of two pictures within [x0, x1) x [y0, y1), which is cut to the
/// picture.
double difference(const GreyPicture& a, const GreyPicture& b, int x0, int y0, int x1, int y1);

}  // namespace attune::scene_test
