#pragma once

#include <string_view>

namespace attune::captions {

/// Reads a text line by line, whatever its line ends (LF, CRLF, CR), without its byte order mark.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  }

  /// False at the end of the text.
  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find_first_of("\r\n");
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    const bool crlf = end != std::string_view::npos && line.data()[end] == '\r';
    if (crlf && rest_.starts_with('\n')) rest_.remove_prefix(1);
    ++number_;
    return true;
  }

  /// Of the line read last, from 1.
  int number() const { return number_; }

 private:
  std::string_view rest_;
  int number_ = 0;
};

}  // namespace attune::captions
