#include "core/backoff.h"

#include <algorithm>

namespace attune {

Duration Backoff::next() {
  const Duration whole = next_;
  next_ = std::min(longest_, 2 * next_);
  const auto half = static_cast<std::uint64_t>(whole.count() / 2);
  // The modulo keeps the sequence the same with every standard library.
  return whole - Duration(static_cast<Duration::rep>(half == 0 ? 0 : random_() % (half + 1)));
}

}  // namespace attune
