#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace attune::live {

/// Events as lines, in order, that could not be passed on yet; bounded. When there are too many,
/// the oldest that is not final goes first, which may be the one just added; then the oldest. Not
/// thread-safe.
class WaitingLines {
 public:
  WaitingLines(std::size_t most_lines, std::size_t most_bytes)
      : most_lines_(most_lines), most_bytes_(most_bytes) {}

  void push(std::string line, bool is_final);
  bool empty() const { return lines_.empty(); }
  std::size_t size() const { return lines_.size(); }
  /// Only where there is one.
  const std::string& front() const { return lines_.front().text; }
  std::string pop();
  /// Drops all of them.
  void clear();
  /// How many were dropped in all.
  std::int64_t dropped() const { return dropped_; }

 private:
  struct Line {
    std::string text;
    bool is_final;
  };

  void drop(std::deque<Line>::iterator line);
  void drop_one();

  std::size_t most_lines_;
  std::size_t most_bytes_;
  std::deque<Line> lines_;
  std::size_t bytes_ = 0;
  /// Of those in lines_, the ones that are not final.
  std::size_t not_final_ = 0;
  std::int64_t dropped_ = 0;
};

/// Whether the n-th of many equal messages is worth a line of the log: 1, 10, 100, 1000...
bool worth_saying(std::int64_t n);

}  // namespace attune::live
