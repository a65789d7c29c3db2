#pragma once

#include <span>
#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// What a file of a format can hold, as flags.
enum Content : unsigned {
  kCues = 1,
  kTimes = 1 << 1,
  /// Who says a cue, apart from its text.
  kVoices = 1 << 2,
  /// Several who share a cue.
  kSharedCues = 1 << 3,
  /// Where a cue's lines break.
  kLines = 1 << 4,
  /// Where a cue stands in the picture.
  kPlaces = 1 << 5,
  /// Single words with times.
  kWords = 1 << 6,
  /// Who speaks when, without text.
  kSegments = 1 << 7,
};

/// A file format of results or captions.
struct Format {
  /// As users name it: "vtt", "srt", "ttml"...
  std::string_view name;
  /// File name ending, with its dot: ".vtt".
  std::string_view extension;
  /// For people: "WebVTT: captions with voices".
  std::string_view summary;
  /// Flags of Content.
  unsigned holds;
  /// Null where the format is not written (read).
  std::string (*write)(const Result&);
  /// Captions, speakers and segments of a file; words where the format has them. The text is UTF-8
  /// (decode_text() in encoding.h). Throws Error(kInput) with the line and what is wrong there.
  Result (*read)(std::string_view content);
};

/// In the order they are listed in.
std::span<const Format> formats();

/// Nullptr when there is none of that name.
const Format* find_format(std::string_view name);

/// By the ending of a file's name, in either case, and where several formats share one, by the
/// content. Nullptr when unknown. `content` may be empty: for a file that is to be written.
const Format* format_of(std::string_view file_name, std::string_view content);

}  // namespace attune::captions
