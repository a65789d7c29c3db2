#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace attune::cli {

/// A folder that is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "attune_cli_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// What a call of the program gave. A death by signal N has code 128 + N, as in a shell.
struct ProgramResult {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs the program that was built with `arguments`, in a shell; `before` may set variables and
/// limits. A redirection at the end of `arguments` wins over the one that collects standard error.
inline ProgramResult run_shell(const std::string& arguments, const std::string& before = "") {
  const TemporaryFolder folder;
  const std::string line =
      before + " '" ATTUNE_PROGRAM "' 2>'" + (folder / "err").string() + "' " + arguments;
  const auto close = [](std::FILE* pipe) { pclose(pipe); };
  std::unique_ptr<std::FILE, decltype(close)> pipe(popen(line.c_str(), "r"), close);
  if (pipe == nullptr) throw std::runtime_error("no shell");
  ProgramResult result;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    result.out.append(buffer.data(), count);
  }
  const int status = pclose(pipe.release());
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.err = read_text(folder / "err");
  return result;
}

}  // namespace attune::cli
