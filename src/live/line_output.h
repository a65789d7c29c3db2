#pragma once

#include <cstdint>
#include <string>

namespace attune::live {

/// What became of the lines that an output was given.
struct LineCounts {
  std::int64_t written = 0;
  /// Given up: no room to keep them until the output takes lines again.
  std::int64_t lost = 0;
  /// How often the output began to fail.
  std::int64_t outages = 0;
  std::int64_t rotations = 0;
};

/// Something that lines are written to. Neither throws nor waits: lines that cannot be written now
/// are kept, within bounds, and tried again. Not thread-safe, except where a class says so.
class LineOutput {
 public:
  virtual ~LineOutput() = default;
  /// `line` ends with a line feed.
  virtual void write(std::string line, bool is_final) = 0;
  /// Where the output is a file with a name: opens that name anew.
  virtual void reopen() {}
  virtual LineCounts counts() const = 0;
};

}  // namespace attune::live
