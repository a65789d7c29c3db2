#pragma once

#include <span>
#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// A file format of results or captions.
struct Format {
  /// As users name it: "vtt", "srt", "ttml"...
  std::string_view name;
  /// File name ending, with its dot: ".vtt".
  std::string_view extension;
  /// For people: "WebVTT: captions with voices".
  std::string_view summary;
  /// Null where the format is not written (read).
  std::string (*write)(const Result&);
  /// Captions, speakers and segments of a file; words where the format has them. Throws
  /// Error(kInput) with the line and what is wrong there.
  Result (*read)(std::string_view content);
};

/// In the order they are listed in.
std::span<const Format> formats();

/// Nullptr when there is none of that name.
const Format* find_format(std::string_view name);

/// By the ending of a file's name, and where several formats share one, by the content. Nullptr
/// when unknown.
const Format* format_of(std::string_view file_name, std::string_view content);

}  // namespace attune::captions
