#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

#include "batch/item.h"

namespace attune::batch {

/// A list of recordings, as written.
struct Manifest {
  /// Output is empty where the manifest names none. Nothing has been looked for on disk yet.
  std::vector<Item> items;
  /// Lines that are no item.
  std::vector<RejectedInput> rejected;
  /// What relative inputs are relative to: the folder of the file, the working directory ("") for
  /// standard input.
  std::filesystem::path root;
};

enum class ManifestFormat {
  /// One input a line, see read_manifest.
  kLines,
  /// Names as they are, each ended by a zero byte (`find -print0`): no comments, no JSON.
  kNullSeparated,
};

/// Longest line that is read, in bytes; a longer one is rejected without being held in memory.
inline constexpr std::size_t kLongestManifestLine = std::size_t{1} << 20;

/// Reads a list of recordings, UTF-8 with or without byte order mark, one a line:
///
///     # a comment; empty lines are skipped too
///     show/ep1.mp4
///     https://media.example/show/ep2.mp4
///     {"input": "show/ep3.mp4", "output": "third", "set": {"audio": "deu"}, "metadata": {"id": 3}}
///
/// A line is a path or an address as it stands, blanks included, up to the line end (LF or CRLF). A
/// line that begins with "{" is a JSON object (RFC 8259):
///
/// | key      | value | | -------- |
/// ---------------------------------------------------------------------------------- | | input |
/// path or address; required                                                          | | output |
/// folder of its results, relative to the batch's output folder                       | | set |
/// parameters of the pipeline as of --set; an object in it reaches into a map         | | metadata
/// | an object that is kept with the results                                            | |
/// duration | seconds of media, above zero                                                       |
/// | chunk    | part of a plan, from 0 |
///
/// A file whose name begins with "#" or "{" is written "./#1.mp4". A line that cannot be used is
/// rejected with its number and the rest is read; a relative path that climbs out of the manifest's
/// folder is such a line unless it names its output. `name` is that of the list in messages.
/// Throws Error(kInput) when `stream` fails.
Manifest read_manifest(std::istream& stream, const std::string& name,
                       const std::filesystem::path& root,
                       ManifestFormat format = ManifestFormat::kLines);

/// The same from a file, or from standard input for "-".
/// Throws Error(kInput) when the file cannot be read.
Manifest read_manifest(const std::string& file, ManifestFormat format = ManifestFormat::kLines);

/// Lines of JSON that read_manifest reads back as the same items; relative inputs are written with
/// the working directory in front, so that the list may lie anywhere.
std::string to_manifest(const std::vector<Item>& items);

}  // namespace attune::batch
