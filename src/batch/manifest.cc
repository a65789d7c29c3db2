#include "batch/manifest.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <optional>

#include "batch/manifest_entry.h"
#include "captions/encoding.h"
#include "captions/json_text.h"
#include "core/error.h"
#include "media/input_check.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

constexpr const char* kStandardInput = "-";

[[noreturn]] void fail(const std::string& message) {
  throw Error(ErrorKind::kInput, message);
}

/// Splits a stream into lines of bounded length.
class LineReader {
 public:
  LineReader(std::istream& stream, char separator)
      : stream_(stream), separator_(separator), buffer_(kLongestManifestLine + 1, '\0') {}

  /// False at the end. `line` is nothing when the line was too long.
  bool next(std::optional<std::string>& line) {
    stream_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()), separator_);
    if (stream_.eof() && stream_.gcount() == 0) return false;
    if (stream_.bad()) return false;
    if (stream_.fail() && !stream_.eof()) {
      stream_.clear();
      stream_.ignore(std::numeric_limits<std::streamsize>::max(), separator_);
      line.reset();
      return true;
    }
    const auto length = static_cast<std::size_t>(stream_.gcount()) - (stream_.eof() ? 0 : 1);
    line.emplace(buffer_.data(), length);
    return true;
  }

 private:
  std::istream& stream_;
  char separator_;
  std::string buffer_;
};

/// Puts the manifest's folder before a relative path.
void resolve(Item& item, const fs::path& root) {
  if (item.input.find('\0') != std::string::npos) {
    fail(
        "holds a zero byte, which no file name can; a list of names ended by zero bytes is read "
        "with --from0");
  }
  if (item.input == kStandardInput) {
    fail("'-' is no recording; a file of that name is written './-'");
  }
  const fs::path path(item.input);
  if (path.is_absolute() || media::is_address(item.input)) return;
  const fs::path normal = path.lexically_normal();
  if (item.output.empty() && !normal.empty() && *normal.begin() == "..") {
    fail(
        fmt::format("{} climbs out of the folder of the list: write the whole path, or say with "
                    "'output' where its results go",
                    captions::json_string(item.input)));
  }
  item.input = (root / path).native();
}

std::optional<Item> parse_line(std::string line, ManifestFormat format) {
  if (format == ManifestFormat::kLines) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") == std::string::npos || line.starts_with('#')) {
      return std::nullopt;
    }
  }
  if (line.empty()) return std::nullopt;
  if (const auto at = captions::invalid_utf8(line)) {
    fail(
        fmt::format("is not UTF-8 (byte {}): save the list as UTF-8 and give the file a name in "
                    "UTF-8",
                    *at + 1));
  }
  if (format == ManifestFormat::kLines && line.starts_with('{')) return parse_manifest_object(line);
  Item item;
  item.input = std::move(line);
  return item;
}

}  // namespace

Manifest read_manifest(std::istream& stream, const std::string& name, const fs::path& root,
                       ManifestFormat format) {
  Manifest manifest;
  manifest.root = root;
  LineReader reader(stream, format == ManifestFormat::kLines ? '\n' : '\0');
  std::optional<std::string> line;
  for (int number = 1; reader.next(line); ++number) {
    const std::string origin = fmt::format("{}:{}", name, number);
    try {
      if (!line) fail(fmt::format("is longer than {} bytes", kLongestManifestLine));
      if (number == 1 && line->starts_with("\xEF\xBB\xBF")) line->erase(0, 3);
      std::optional<Item> item = parse_line(std::move(*line), format);
      if (!item) continue;
      resolve(*item, root);
      item->origin = origin;
      manifest.items.push_back(std::move(*item));
    } catch (const Error& error) {
      manifest.rejected.push_back({origin, error.what()});
    }
  }
  if (stream.bad()) throw Error(ErrorKind::kInput, fmt::format("{} cannot be read on", name));
  return manifest;
}

Manifest read_manifest(const std::string& file, ManifestFormat format) {
  if (file == kStandardInput) return read_manifest(std::cin, "standard input", "", format);
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    throw Error(ErrorKind::kInput, fmt::format("{} is a folder; name a list of recordings, or give "
                                               "the folder without --manifest",
                                               file));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw Error(ErrorKind::kInput, fmt::format("{}: the list of recordings cannot be read: {}",
                                               file, std::strerror(errno)));
  }
  return read_manifest(stream, file, fs::path(file).parent_path(), format);
}

std::string to_manifest(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    const std::string input =
        media::is_address(item.input) ? item.input : fs::absolute(item.input).native();
    text += to_manifest_object(item, input) + "\n";
  }
  return text;
}

}  // namespace attune::batch
