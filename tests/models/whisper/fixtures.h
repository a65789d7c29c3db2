#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "core/sha256.h"
#include "tensor/tensor.h"

namespace attune::models::whisper {

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What make_fixtures.py writes: random models ("small" or "true_size") and what numpy makes of
/// them. Made by the first test that asks and kept in the build folder until the programs change;
/// nothing where python3-numpy is not installed.
inline std::optional<std::filesystem::path> fixtures(const std::string& set = "small") {
  namespace fs = std::filesystem;
  const fs::path programs = ATTUNE_SOURCE_DIR "/tests/models/whisper";
  std::string text;
  for (const char* name : {"make_fixtures.py", "models.py", "reference.py"})
    text += content_of(programs / name);
  const fs::path folder =
      fs::path(ATTUNE_BINARY_DIR) /
      ("whisper_fixtures_" + set + "_" + sha256(std::as_bytes(std::span(text))).substr(0, 12));
  if (fs::exists(folder)) return folder;
  // Written aside and renamed: tests run side by side.
  const fs::path aside = folder.string() + "." + std::to_string(::getpid());
  const std::string command = "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 " +
                              (programs / "make_fixtures.py").string() + " " + aside.string() +
                              " " + set;
  const int status = std::system(command.c_str());
  if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) return std::nullopt;
  EXPECT_EQ(status, 0) << command;
  std::error_code somebody_was_first;
  fs::rename(aside, folder, somebody_was_first);
  if (somebody_was_first) fs::remove_all(aside);
  return folder;
}

template <class T>
std::vector<T> read_array(const std::filesystem::path& path) {
  const std::string bytes = content_of(path);
  EXPECT_FALSE(bytes.empty()) << path;
  const auto* first = reinterpret_cast<const T*>(bytes.data());
  return {first, first + bytes.size() / sizeof(T)};
}

inline tensor::Tensor read_tensor(const std::filesystem::path& path, const tensor::Shape& shape) {
  return {shape, read_array<float>(path)};
}

/// Greatest absolute difference; infinite where one is not a number.
inline double greatest_difference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double greatest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    greatest = difference <= greatest ? greatest : difference;
    if (difference != difference) return HUGE_VAL;
  }
  return greatest;
}

/// Root of the mean square of a - b, as a part of b's.
inline double relative_error(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    size += static_cast<double>(b[i]) * b[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace attune::models::whisper
