#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/item.h"
#include "batch/manifest.h"

namespace attune::batch {

/// Where the recordings of a batch are named.
struct InputSources {
  /// Files, folders, patterns (glob.h) and addresses.
  std::vector<std::string> arguments;
  /// Read besides the arguments.
  std::optional<Manifest> manifest;
  /// Endings of the files that are taken from folders, "mp4" or ".mp4" in any case; empty:
  /// media_extensions().
  std::vector<std::string> extensions;
  /// Open every file in folders instead and take what is a recording, whatever its name.
  bool probe = false;
  /// Threads that open files; 0: as many as the machine has.
  int threads = 0;
  /// Folder of the results of the batch, which need not exist; empty where it is not known yet.
  std::filesystem::path output_folder;
};

struct InputList {
  /// In the order of the arguments, then of the manifest; what a folder or pattern gives is sorted
  /// bytewise. The same on every machine that sees the same files.
  std::vector<Item> items;
  /// What was asked for and cannot be done.
  std::vector<RejectedInput> rejected;
  /// What was left out on purpose and loses nothing: named twice, the output folder, links back.
  std::vector<RejectedInput> left_out;
};

/// Endings of the files that are taken from folders unless told otherwise, in lower case, with dot.
const std::vector<std::string>& media_extensions();

/// Finds the recordings of a batch and the folder of the results of each:
///
/// | named by             | input              | output             |
/// | -------------------- | ------------------ | ------------------ |
/// | file `x/y.mp4`       | x/y.mp4            | y.mp4              |
/// | folder `archive`     | archive/a/b.mp4    | a/b.mp4            |
/// | pattern `archive/*/` | archive/a/b.mp4    | a/b.mp4            |
/// | address              | https://h/a/b.mp4  | h/a/b.mp4          |
/// | manifest             | its folder/a/b.mp4 | a/b.mp4            |
///
/// Files taken from folders are not opened without `probe`: one that is empty or no media fails
/// when its turn comes. Of two inputs with the same output, or one output within another, the
/// second is rejected. Throws Error(kUsage) when a folder of inputs is the output folder or lies in
/// it.
InputList find_inputs(const InputSources& sources);

}  // namespace attune::batch
