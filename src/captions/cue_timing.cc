#include "captions/cue_timing.h"

#include <algorithm>
#include <optional>

#include "captions/utf8.h"

namespace attune::captions {
namespace {

/// A cue is shown for at least this long however crowded the speech: one frame at 25 per second.
constexpr Duration kShortestCue = std::chrono::milliseconds(40);

std::optional<Timestamp> first_cut_after(std::span<const Timestamp> cuts, Timestamp t) {
  const auto cut = std::upper_bound(cuts.begin(), cuts.end(), t);
  return cut == cuts.end() ? std::nullopt : std::optional(*cut);
}

/// The cut within `distance` of t that is nearest to it, else t.
Timestamp snapped(std::span<const Timestamp> cuts, Timestamp t, Duration distance) {
  Timestamp best = t;
  Duration least = distance + Duration(1);
  for (auto cut = std::lower_bound(cuts.begin(), cuts.end(), t - distance);
       cut != cuts.end() && *cut <= t + distance; ++cut) {
    const Duration away = std::chrono::abs(*cut - t);
    if (away >= least) continue;
    least = away;
    best = *cut;
  }
  return best;
}

/// Where a cue starts: with its speech, on a near cut, or later when the cue before must be read.
/// `before` has its start already; `before_spoken` is when its words are heard.
Timestamp start_after(const Caption& before, const TimeSpan& before_spoken, const TimeSpan& spoken,
                      Timestamp start, const LayoutOptions& options) {
  const bool at_once = spoken.start < before_spoken.end;
  const Duration needed = at_once ? reading_time(before, options) : options.min_duration;
  const Timestamp read = before.span.start + needed + options.min_gap;
  const Timestamp soonest = before.span.start + kShortestCue + options.min_gap;
  return std::max({start, soonest, std::min(read, spoken.start + options.max_delay)});
}

/// Where a cue wants to end if no other follows.
Timestamp end_time(Timestamp start, const TimeSpan& spoken, Duration needed,
                   std::span<const Timestamp> cuts, const LayoutOptions& options) {
  const Timestamp said = std::max(spoken.end, start + kShortestCue);
  Timestamp end = std::max(said, start + needed);
  // A cut so soon after the last word that both cannot be had: the shortest duration goes first.
  const std::optional<Timestamp> cut =
      first_cut_after(cuts, std::max(said, start + options.min_duration) - Duration(1));
  if (cut && *cut < end) end = *cut;
  return std::min(end, start + options.max_duration);
}

/// Closes a gap to the next cue that is too short to be seen as one, unless a cut lies in it.
Timestamp chained(Timestamp end, Timestamp limit, Timestamp start, std::span<const Timestamp> cuts,
                  const LayoutOptions& options) {
  if (limit - end >= options.chain_gap - options.min_gap) return end;
  if (limit - start > options.max_duration) return end;
  const std::optional<Timestamp> cut = first_cut_after(cuts, end - Duration(1));
  return cut && *cut < limit ? end : limit;
}

}  // namespace

Duration reading_time(const Caption& caption, const LayoutOptions& options) {
  int characters = 0;
  for (const std::string& line : caption.lines) characters += character_count(line);
  const Duration read = from_seconds(characters / options.max_reading_speed);
  return std::min(std::max(options.min_duration, read), options.max_duration);
}

void time_cues(std::span<Caption> captions, std::span<const Timestamp> cuts,
               const LayoutOptions& options) {
  std::vector<TimeSpan> spoken;
  spoken.reserve(captions.size());
  for (const Caption& caption : captions) spoken.push_back(caption.span);

  for (std::size_t i = 0; i < captions.size(); ++i) {
    Timestamp start = snapped(cuts, spoken[i].start, options.snap_distance);
    if (i > 0) start = start_after(captions[i - 1], spoken[i - 1], spoken[i], start, options);
    captions[i].span.start = start;
  }
  for (std::size_t i = 0; i < captions.size(); ++i) {
    const Timestamp start = captions[i].span.start;
    Timestamp end = end_time(start, spoken[i], reading_time(captions[i], options), cuts, options);
    if (i + 1 < captions.size()) {
      const Timestamp limit = captions[i + 1].span.start - options.min_gap;
      end = end < limit ? chained(end, limit, start, cuts, options) : limit;
    }
    captions[i].span.end = end;
  }
}

}  // namespace attune::captions
