#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace attune::captions {

struct ProgramOutput {
  int exit_code = -1;
  std::string text;
};

/// Runs a shell command; standard error is not captured.
inline ProgramOutput run_program(const std::string& command) {
  ProgramOutput output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    output.text.append(buffer, n);
  }
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

/// A file with this content in the folder of temporary test files, named after the running test.
inline std::filesystem::path write_test_file(const std::string& extension,
                                             const std::string& content) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) /
      (std::string(test->test_suite_name()) + "_" + test->name() + extension);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

inline std::string read_text_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace attune::captions
