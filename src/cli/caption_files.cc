#include "cli/caption_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "captions/encoding.h"
#include "captions/formats.h"
#include "core/error.h"

namespace attune::cli {
namespace fs = std::filesystem;
namespace {

const captions::Format& readable_format(const fs::path& file, const std::string& content) {
  const captions::Format* format = captions::format_of(file.filename().string(), content);
  if (format != nullptr && format->read != nullptr) return *format;
  std::vector<std::string_view> readable;
  for (const captions::Format& known : captions::formats())
    if (known.read != nullptr) readable.push_back(known.extension);
  throw Error(ErrorKind::kInput,
              fmt::format("{}: no captions can be read from files of this kind; these can: {}",
                          file.string(), fmt::join(readable, ", ")));
}

}  // namespace

std::string read_bytes(const fs::path& file) {
  std::error_code ignored;
  const bool folder = fs::is_directory(file, ignored);
  errno = 0;
  std::ifstream stream(file, std::ios::binary | std::ios::ate);
  if (folder || !stream)
    throw Error(ErrorKind::kInput,
                fmt::format("{}: {}", file.string(), std::strerror(folder ? EISDIR : errno)));
  std::string content;
  if (const std::streamoff size = stream.tellg(); size > 0)
    content.reserve(static_cast<std::size_t>(size));
  stream.seekg(0);
  content.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  if (stream.bad())
    throw Error(ErrorKind::kInput, fmt::format("{}: cannot be read", file.string()));
  return content;
}

captions::Result read_captions(const fs::path& file) {
  const std::string content = read_bytes(file);
  const captions::Format& format = readable_format(file, content);
  try {
    return format.read(captions::decode_text(content));
  } catch (const Error& error) {
    throw error.within(file.string());
  }
}

}  // namespace attune::cli
