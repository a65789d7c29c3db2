#include "media/arrival_log.h"

#include <algorithm>

namespace attune::media {
namespace {

/// Between packets further apart lies nothing that has arrived.
constexpr Duration kGap = std::chrono::milliseconds(200);

}  // namespace

void ArrivalLog::note(StreamKind kind, TimeSpan span, Timestamp arrival) {
  auto& entries = entries_[kind == StreamKind::kVideo ? 1 : 0];
  // Pictures come in decoding order: those between two that came before are near them anyway.
  if (!entries.empty() && span.start <= entries.back().span.start) return;
  entries.push_back({span, arrival});
  while (entries.size() > kMostEntries || arrival - entries.front().arrival > kKept) {
    entries.pop_front();
    has_forgotten_ = true;
  }
}

std::optional<Timestamp> ArrivalLog::arrival(Timestamp t) const {
  std::optional<Timestamp> latest;
  for (const auto& entries : entries_) {
    auto after =
        std::ranges::upper_bound(entries, t, {}, [](const Entry& e) { return e.span.start; });
    if (after == entries.begin()) {
      if (has_forgotten_)
        latest = std::max(latest.value_or(t), std::min(t, entries.front().arrival));
      continue;
    }
    const Entry& entry = *std::prev(after);
    const bool is_inside = t < entry.span.end ||
                           (after != entries.end() && after->span.start - entry.span.end <= kGap);
    if (is_inside) latest = std::max(latest.value_or(entry.arrival), entry.arrival);
  }
  return latest;
}

}  // namespace attune::media
