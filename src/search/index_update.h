#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"

namespace attune::search {

struct UpdateRequest {
  /// The folder to index.
  std::filesystem::path root;
  std::filesystem::path index;
  /// Makes the index anew, beside the old one, which is replaced at the end.
  bool rebuild = false;
  /// Of caption files that are not UTF-8, as iconv knows it; empty: they fail.
  std::string encoding;
  /// Looked at after each file: true ends the update early, with what is done kept (the old index,
  /// where it is made anew). May be null.
  const std::atomic<bool>* stop = nullptr;
  /// Called for each name found, with how many are done and are there in all, before it is read.
  std::function<void(std::size_t done, std::size_t total, const std::string& path)> progress;
};

struct FailedFile {
  /// As it was opened.
  std::string path;
  Error error;
};

/// Counts of files, but where it says otherwise.
struct UpdateReport {
  std::size_t added = 0;
  std::size_t replaced = 0;
  std::size_t unchanged = 0;
  std::size_t removed = 0;
  /// Files that have an ending of ours and are something else, or the same captions in another
  /// format.
  std::size_t passed_over = 0;
  /// In the order they were met.
  std::vector<FailedFile> failures;
  /// In the index now.
  std::int64_t files = 0;
  std::int64_t cues = 0;
  std::int64_t events = 0;
  /// False when it was stopped.
  bool complete = true;
};

/// Brings an index up to date with the caption files in a folder and below. Of several formats of
/// one name the JSON result is taken, else what holds most. Files whose size and time are the
/// index's are not opened; those whose hash is are not parsed. A file that cannot be parsed is
/// reported, and its former content leaves the index; one that cannot be read keeps it.
///
/// Work is put into the index in transactions of some seconds: a process that dies loses the last
/// of them, and the next update does the rest. An index of another version is made anew.
///
/// Throws Error(kInput) where `root` is no folder or the index is damaged, Error(kOutput) where the
/// index cannot be written or is of something else: a file that attune did not make, or the index
/// of another folder. Single files never end it.
UpdateReport update_index(const UpdateRequest& request);

}  // namespace attune::search
