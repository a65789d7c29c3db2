#pragma once

#include <optional>
#include <string_view>

#include "core/time.h"

namespace attune::captions {

/// What frames and ticks mean in a TTML document (ttp:frameRate and so on), per second.
struct TtmlRates {
  double frames = 30;
  double ticks = 1;
};

/// A TTML time expression (TTML2, 12.3): "01:02:03.4", "01:02:03:12" with frames, "3.5s", "90f",
/// "100t", "250ms", "2m", "1h". Nothing when it is none, or more than 10^9 seconds.
std::optional<Duration> parse_ttml_time(std::string_view text, const TtmlRates& rates);

}  // namespace attune::captions
