#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/error.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {

/// Tokens of several sources in order of time.
struct TokenBuffer {
  std::int64_t width = 0;
  std::int64_t heads = 1;
  std::vector<Timestamp> times;
  std::vector<std::int64_t> sources;
  std::vector<float> numbers;

  std::int64_t length() const { return static_cast<std::int64_t>(times.size()); }

  void add(const TokenSequence& more, const char* port) {
    if (more.length() == 0) return;
    if (times.empty()) {
      width = more.width;
      heads = more.heads;
    }
    if (more.width != width)
      throw Error(ErrorKind::kConfig, fmt::format("{} tokens of {} numbers follow some of {}", port,
                                                  more.width, width));
    // Behind those of the same time that came before: usually at the end.
    for (std::int64_t i = 0; i < more.length(); ++i) {
      const auto at = std::ranges::upper_bound(times, more.times[i]) - times.begin();
      times.insert(times.begin() + at, more.times[i]);
      sources.insert(sources.begin() + at, more.source);
      const auto from = more.tokens.begin() + i * width;
      numbers.insert(numbers.begin() + at * width, from, from + width);
    }
  }

  /// Those with times in [begin, end].
  TokenBuffer between(Timestamp begin, Timestamp end) const {
    const auto first = std::ranges::lower_bound(times, begin) - times.begin();
    const auto last = std::ranges::upper_bound(times, end) - times.begin();
    return rows(first, std::max(first, last));
  }

  TokenBuffer rows(std::int64_t first, std::int64_t end) const {
    return {width,
            heads,
            {times.begin() + first, times.begin() + end},
            {sources.begin() + first, sources.begin() + end},
            {numbers.begin() + first * width, numbers.begin() + end * width}};
  }

  void drop_first(std::int64_t count) {
    times.erase(times.begin(), times.begin() + count);
    sources.erase(sources.begin(), sources.begin() + count);
    numbers.erase(numbers.begin(), numbers.begin() + count * width);
  }
  void drop_before(Timestamp time) {
    drop_first(std::ranges::lower_bound(times, time) - times.begin());
  }
};

}  // namespace attune::nodes
