#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/descriptor.h"
#include "live/line_output.h"
#include "live/waiting_lines.h"

namespace attune::live {

struct LineFileOptions {
  std::filesystem::path path;
  /// A line that would make the file longer begins a new one; 0: never.
  std::uint64_t max_bytes = 0;
  /// How many earlier files are kept: path.1 is the last one, path.2 the one before...
  int keep = 5;
  /// What waits for a file that cannot be written.
  std::size_t waiting_lines = 1000;
  std::size_t waiting_bytes = std::size_t{4} << 20;
};

/// Appends to a file, each line by one write(2) and nothing kept back: what has been written
/// survives the process (not the machine: there is no fsync), and a reader sees whole lines. (One
/// who reads at the very moment of a write across a page of the file may find the first half of it;
/// Linux makes it visible page by page.) Where a full disk cuts a line, its rest comes first when
/// there is room again; where that cannot be, and after a crash, a line feed parts it from what
/// follows.
///
/// A disk that is full or a file that may not be written any more is said once in the log and tried
/// again with each line. For one process per file. Not thread-safe.
class LineFile final : public LineOutput {
 public:
  /// Makes the folder where it is missing. Throws Error(kOutput) when the file cannot be opened.
  explicit LineFile(LineFileOptions options);

  void write(std::string line, bool is_final) override;
  /// Goes on in a new file where another program has moved the old one away.
  void reopen() override;
  LineCounts counts() const override;

 private:
  bool open();
  void flush();
  bool write_rest();
  bool mend();
  bool is_at_path() const;
  void rotate();
  bool move_old_files() const;
  void failed(int error);
  void recovered();

  LineFileOptions options_;
  /// Nothing: could not be opened.
  std::optional<Descriptor> file_;
  bool is_regular_ = false;
  std::uint64_t size_ = 0;
  /// Size at which the file is changed for a new one.
  std::uint64_t rotate_at_ = 0;
  /// The file ends within a line.
  bool torn_ = false;
  WaitingLines waiting_;
  /// What is still to be written of the line at hand, and whether some of it has been.
  std::string rest_;
  bool is_begun_ = false;
  bool is_failing_ = false;
  LineCounts counts_;
};

}  // namespace attune::live
