#include "media/png.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/error.h"

namespace attune::media {
namespace {

// The ffmpeg program reads it back.
TEST(Png, HoldsThePixels) {
  const int width = 7;
  const int height = 5;
  std::vector<std::uint8_t> rgb(3 * width * height);
  for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] = static_cast<std::uint8_t>(i * 37);
  const auto file = std::filesystem::temp_directory_path() / "attune_png_test.png";
  std::ofstream(file, std::ios::binary) << encode_png(rgb, width, height);
  const std::string command =
      "ffmpeg -v error -i " + file.string() + " -f rawvideo -pix_fmt rgb24 - 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::vector<std::uint8_t> read(rgb.size() + 1);
  read.resize(std::fread(read.data(), 1, read.size(), pipe));
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_EQ(read, rgb);
  std::filesystem::remove(file);
}

TEST(Png, RefusesPixelsThatDoNotFit) {
  EXPECT_THROW(encode_png(std::vector<std::uint8_t>(10), 2, 2), Error);
  EXPECT_THROW(encode_png({}, 0, 0), Error);
}

}  // namespace
}  // namespace attune::media
