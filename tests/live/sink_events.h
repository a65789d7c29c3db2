#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "live/event_json.h"

namespace attune::live {

inline EventStamp stamp_of(std::int64_t id) {
  return {"studio", id, std::chrono::milliseconds(1000 * id),
          std::chrono::system_clock::time_point(std::chrono::milliseconds(1'900'000'000'042))};
}

/// An event whose number stands in its id.
inline Event numbered_event(std::int64_t number, bool is_final = true) {
  return sync_event(stamp_of(number), {{}, std::chrono::milliseconds(-40), 0.5f}, is_final);
}

inline Event spoken(std::int64_t id, std::int64_t start_ms, std::int64_t end_ms, std::string text,
                    bool is_final = true) {
  auto caption = std::make_shared<captions::Caption>();
  caption->span = {std::chrono::milliseconds(start_ms), std::chrono::milliseconds(end_ms)};
  caption->speaker = 1;
  caption->speaker_name = "Tom & <Jerry>";
  caption->lines = {std::move(text)};
  return caption_event(stamp_of(id), caption, is_final);
}

/// The number that numbered_event() was given.
inline std::int64_t number_in(const std::string& line) {
  const auto at = line.find("\"id\": ");
  return at == std::string::npos ? -1 : std::stoll(line.substr(at + 6));
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline std::vector<std::int64_t> numbers_in(const std::string& text) {
  std::vector<std::int64_t> numbers;
  for (const std::string& line : lines_of(text)) numbers.push_back(number_in(line));
  return numbers;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// An empty folder, named after the running test.
inline std::filesystem::path fresh_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                 (std::string(test->test_suite_name()) + "_" + test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

/// Waits until it holds, up to ten seconds.
inline bool comes_true(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return to_seconds(std::chrono::steady_clock::now() - start);
}

}  // namespace attune::live
