#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/sqlite.h"

namespace attune::search {

/// What an index is called within its folder.
inline constexpr std::string_view kIndexName = "attune-index.sqlite";

/// Version of the tables below; a file of another is made anew.
inline constexpr int kIndexVersion = 1;

/// Behind the last token of each cue in cue_text: finds what stands at a cue's end.
inline constexpr std::string_view kEndToken = "\uE001";

/// The index is an SQLite file:
///
/// | table      | a row is | | ---------- |
/// --------------------------------------------------------------------------------- | | settings
/// | `root`: the folder that was indexed, "." for the index's own                       | | files
/// | a file that was looked at; its cues and events have the ids first + 0, 1, 2...     | | names
/// | who says something: a name, or the names of those who share a cue, '\n' between    | | kinds
/// | a kind of event                                                                   | | cues | a
/// cue; `token_times` as pack() in token_times.h                                    | | cue_text |
/// the tokens of the cue with the same id (FTS5), and kEndToken                       | | events |
/// an event                                                                          | | cue_events
/// | that an event of a kind lasts while a cue is on display                            |
///
/// Times are milliseconds on the media's own clock.
enum class IndexState {
  kMissing,
  /// Made, and left before anything was in it.
  kEmpty,
  kCurrent,
  kOtherVersion,
  /// Not made by attune.
  kForeign,
};

/// By the file's first bytes, once what a killed process left half written is undone. Throws
/// Error(kInput) when it cannot be read.
IndexState index_state(const std::filesystem::path& file);

/// Makes the tables in a missing or empty file, for `root` ("." or an absolute path).
sqlite::Database create_index(const std::filesystem::path& file, const std::string& root);

/// Opens one that is there. Throws Error(kInput) that says what to do where it is missing, foreign
/// or of another version.
sqlite::Database open_index(const std::filesystem::path& file, sqlite::OpenMode mode);

/// The `root` of an open index.
std::string index_root(sqlite::Database& database);

}  // namespace attune::search
