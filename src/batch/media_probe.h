#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch/item.h"
#include "core/time.h"

namespace attune::batch {

/// What a look into a file told.
struct ProbeOutcome {
  /// It has sound, or moving pictures: no still picture and no text.
  bool is_recording = false;
  std::optional<Duration> duration;
  /// Why it could not be opened; empty when it could.
  std::string error;
};

/// Looks into each file or address, `threads` at a time (0: as many as the machine has). Outcome i
/// belongs to location i.
std::vector<ProbeOutcome> probe_all(const std::vector<std::string>& locations, int threads);

/// Fills in the duration of the items that have none. One that cannot be opened is taken out and
/// told; one whose container knows no duration stays without.
std::vector<RejectedInput> probe_durations(std::vector<Item>& items, int threads);

}  // namespace attune::batch
