#include "cli/caption_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "captions/encoding.h"
#include "core/error.h"

namespace attune::cli {
namespace fs = std::filesystem;
namespace {

std::string read_file(const fs::path& file) {
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

std::string read_input(const std::string& input) {
  if (input != kStandardStream) return read_file(input);
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

const captions::Format& format_to_read(const std::string& name) {
  const captions::Format& format = named_format(name);
  if (format.read == nullptr)
    throw Error(ErrorKind::kUsage, fmt::format("--from: '{}' is only written, not read", name));
  return format;
}

const captions::Format& format_told(const std::string& input, const std::string& content) {
  const captions::Format* format =
      captions::format_of(fs::path(input).filename().string(), content);
  if (format != nullptr && format->read != nullptr) return *format;
  std::vector<std::string_view> readable;
  for (const captions::Format& known : captions::formats())
    if (known.read != nullptr) readable.push_back(known.extension);
  throw Error(ErrorKind::kInput,
              fmt::format("no captions can be read from a file of this name; name its format with "
                          "--from, or use one of these endings: {}",
                          fmt::join(readable, ", ")));
}

}  // namespace

void add_caption_reading(CLI::App& command, CaptionReading& reading) {
  command
      .add_option("--from", reading.format,
                  "Format of the captions that are read, when the file's name does not tell")
      ->type_name("FORMAT");
  command
      .add_option("--encoding", reading.encoding,
                  "Their text encoding, when it is neither UTF-8 nor marked")
      ->type_name("NAME");
}

const captions::Format& named_format(const std::string& name) {
  const captions::Format* format = captions::find_format(name);
  if (format == nullptr)
    throw Error(ErrorKind::kUsage,
                fmt::format("'{}' is no format; `attune convert --help` lists them", name));
  return *format;
}

captions::Result read_captions(const std::string& input, const CaptionReading& reading) {
  const captions::Format* named =
      reading.format.empty() ? nullptr : &format_to_read(reading.format);
  std::string content = read_input(input);
  try {
    const captions::Format& format = named != nullptr ? *named : format_told(input, content);
    content = captions::decode_text(std::move(content), reading.encoding);
    return format.read(content);
  } catch (const Error& error) {
    throw error.within(input == kStandardStream ? "standard input" : input);
  }
}

}  // namespace attune::cli
