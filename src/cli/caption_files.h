#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "captions/formats.h"
#include "captions/result.h"

namespace attune::cli {

/// Stands for standard input or output in place of a file.
inline constexpr std::string_view kStandardStream = "-";

/// How caption files are to be read where they do not tell themselves; empty: they do.
struct CaptionReading {
  /// Name of a format that attune reads.
  std::string format;
  /// Text encoding, by a name that iconv knows.
  std::string encoding;
};

/// The options --from and --encoding.
void add_caption_reading(CLI::App& command, CaptionReading& reading);

/// The format of that name. Throws Error(kUsage) when there is none.
const captions::Format& named_format(const std::string& name);

/// Captions of a file in any format that attune reads, or of standard input for "-". Throws
/// Error(kInput) that names the file and says why it cannot be read, with the line where it is not
/// as its format wants; Error(kUsage) when `reading` names what does not exist or is not read.
captions::Result read_captions(const std::string& input, const CaptionReading& reading = {});

}  // namespace attune::cli
