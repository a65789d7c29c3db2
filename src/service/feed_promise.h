#pragma once

#include "core/time.h"
#include "pipeline/config.h"

namespace attune::service {

/// What is promised of a feed's results.
struct FeedPromise {
  /// From the arrival of a sample to who spoke then, and to the final caption.
  Duration speech_budget{};
  Duration caption_budget{};
  /// What the nodes say they add on the way to the former.
  Duration speech_declared{};
  /// False: a recording that is worked on as fast as it can be, of which nothing is late.
  bool is_live = true;
};

/// Of a pipeline with a latency.
FeedPromise promise_of(const pipeline::Config& config);

}  // namespace attune::service
