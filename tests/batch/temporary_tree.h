#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace attune::batch {

/// A folder with files, gone with the object.
class TemporaryTree {
 public:
  TemporaryTree() {
    std::string pattern = (std::filesystem::temp_directory_path() / "attune_tree_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = std::filesystem::canonical(pattern);
  }
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ / name; }

  /// Makes the folders above it too.
  std::string write(const std::string& name, const std::string& content = "x") const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// A WAV file (RIFF, 8 kHz, 16 bit, mono) of silence.
inline std::string wav_of(double seconds) {
  const auto bytes = static_cast<std::uint32_t>(seconds * 8000) * 2;
  std::string text;
  const auto number = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  };
  text += "RIFF";
  number(36 + bytes, 4);
  text += "WAVEfmt ";
  number(16, 4);
  number(1, 2);
  number(1, 2);
  number(8000, 4);
  number(16000, 4);
  number(2, 2);
  number(16, 2);
  text += "data";
  number(bytes, 4);
  text.append(bytes, '\0');
  return text;
}

}  // namespace attune::batch
