#include "media/input_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace attune::media {
namespace {

namespace fs = std::filesystem;

struct Box {
  std::string type;
  std::uint64_t size = 0;
};

/// Header of an ISO base media box (ISO/IEC 14496-12, 4.2) at `offset`.
std::optional<Box> read_box(std::istream& file, std::uint64_t offset, std::uint64_t file_size) {
  std::array<unsigned char, 16> bytes{};
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (file.gcount() < 8) return std::nullopt;
  const auto big_endian = [&](int first, int count) {
    std::uint64_t value = 0;
    for (int i = first; i < first + count; ++i) value = value << 8 | bytes[i];
    return value;
  };
  Box box{std::string(reinterpret_cast<const char*>(&bytes[4]), 4), big_endian(0, 4)};
  if (box.size == 0) box.size = file_size - offset;
  if (box.size == 1 && file.gcount() == 16) box.size = big_endian(8, 8);
  return box;
}

enum class Mp4Index { kNotMp4, kMissing, kCutOff, kPresent };

Mp4Index find_index(const fs::path& path) {
  constexpr std::array<std::string_view, 8> kFirstBoxes = {"ftyp", "moov", "mdat", "wide",
                                                           "free", "skip", "pnot", "styp"};
  std::ifstream file(path, std::ios::binary);
  const std::uint64_t file_size = fs::file_size(path);
  bool is_first = true;
  for (std::uint64_t offset = 0; offset < file_size;) {
    const std::optional<Box> box = read_box(file, offset, file_size);
    if (!box || box->size < 8) break;
    if (is_first && std::ranges::find(kFirstBoxes, box->type) == kFirstBoxes.end()) {
      return Mp4Index::kNotMp4;
    }
    is_first = false;
    const bool is_whole = box->size <= file_size - offset;
    if (box->type == "moov") return is_whole ? Mp4Index::kPresent : Mp4Index::kCutOff;
    if (!is_whole) break;
    offset += box->size;
  }
  return is_first ? Mp4Index::kNotMp4 : Mp4Index::kMissing;
}

}  // namespace

bool is_address(const std::string& location) {
  const bool looks_like_one = location == "-" || location.find("://") != std::string::npos ||
                              location.starts_with("pipe:") || location.starts_with("fd:");
  std::error_code ignored;
  return looks_like_one && !fs::exists(location, ignored);
}

void check_local_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kInput, path.string() + " " + what);
  };
  if (status.type() == fs::file_type::not_found) fail("does not exist");
  if (error) fail("cannot be read: " + error.message());
  if (fs::is_directory(status)) fail("is a folder; name a media file");
  if (!fs::is_regular_file(status)) return;
  if (!std::ifstream(path)) fail(std::string("cannot be read: ") + std::strerror(errno));
  if (fs::file_size(path, error) == 0) fail("is empty");
}

std::string explain_unreadable(const fs::path& path, const std::string& av_text) {
  const std::string plain = "is not a media file that FFmpeg can read (" + av_text + ")";
  if (!fs::is_regular_file(path)) return plain;
  switch (find_index(path)) {
    case Mp4Index::kMissing:
      return "is truncated: its index (moov) is missing; the recording or the copy did not finish, "
             "make it again or repair it";
    case Mp4Index::kCutOff:
      return "is truncated: its index (moov) is cut off; make the copy again";
    case Mp4Index::kPresent:
      return "is damaged: FFmpeg cannot read its index (" + av_text + ")";
    case Mp4Index::kNotMp4:
      break;
  }
  return plain;
}

}  // namespace attune::media
