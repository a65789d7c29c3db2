#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "captions/formats.h"
#include "search/index_writer.h"
#include "search/recording.h"

namespace attune::search {

/// Size and time of a file, without its hash. Follows links. Throws Error(kInput) that says why
/// where it cannot be told, or where it is no regular file.
FileVersion version_of(const std::filesystem::path& file);

/// A file's content, read at once.
struct SourceFile {
  FileVersion version;
  std::string content;
};

/// Throws Error(kInput) that says why it cannot be read, or that it grew or shrank meanwhile.
SourceFile read_source(const std::filesystem::path& file);

/// Whether the content is what its file's ending says, where others use the same ending: JSON that
/// is no result of attune, XML that is no TTML and tables that are not of cues are not.
bool holds_captions(const captions::Format& format, std::string_view content);

/// Reads captions in UTF-8 or as a byte order mark says, and in `encoding` (as iconv knows it) what
/// is not; empty: such files are errors. Throws Error(kInput) with the line.
Recording parse_source(const captions::Format& format, std::string content,
                       const std::string& encoding);

}  // namespace attune::search
