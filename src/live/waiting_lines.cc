#include "live/waiting_lines.h"

#include <algorithm>
#include <utility>

namespace attune::live {

void WaitingLines::push(std::string line, bool is_final) {
  bytes_ += line.size();
  if (!is_final) ++not_final_;
  lines_.push_back({std::move(line), is_final});
  while (!lines_.empty() && (lines_.size() > most_lines_ || bytes_ > most_bytes_)) drop_one();
}

std::string WaitingLines::pop() {
  Line line = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= line.text.size();
  if (!line.is_final) --not_final_;
  return std::move(line.text);
}

void WaitingLines::clear() {
  dropped_ += static_cast<std::int64_t>(lines_.size());
  lines_.clear();
  bytes_ = 0;
  not_final_ = 0;
}

void WaitingLines::drop(std::deque<Line>::iterator line) {
  bytes_ -= line->text.size();
  if (!line->is_final) --not_final_;
  lines_.erase(line);
  ++dropped_;
}

void WaitingLines::drop_one() {
  drop(not_final_ == 0 ? lines_.begin()
                       : std::find_if(lines_.begin(), lines_.end(),
                                      [](const Line& line) { return !line.is_final; }));
}

bool worth_saying(std::int64_t n) {
  while (n >= 10 && n % 10 == 0) n /= 10;
  return n == 1;
}

}  // namespace attune::live
