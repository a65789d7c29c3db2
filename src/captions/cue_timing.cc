#include "captions/cue_timing.h"

#include <algorithm>
#include <optional>

#include "captions/cue_starts.h"
#include "captions/shot_clearance.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Profiles without a shortest duration still show a cue for one frame at 25 a second.
constexpr Duration kShortestCue = std::chrono::milliseconds(40);

class CueEnds {
 public:
  CueEnds(const ShotClearance& shots, const Profile& profile, Duration shortest)
      : shots_(shots), profile_(profile), shortest_(shortest) {}

  /// Where a cue that starts at `start` ends; the next starts at `next`.
  Timestamp end(const CueTiming& cue, Timestamp start, std::optional<Timestamp> next) const {
    const Timestamp least = start + shortest_;
    const Timestamp most = start + profile_.max_duration;
    const Timestamp wanted = std::clamp(std::max(cue.spoken.end, start + cue.needed), least, most);
    if (!next) return shots_.end(wanted, std::max(least, start + cue.needed), most);
    const Timestamp limit = *next - profile_.min_gap;
    if (wanted >= limit) return limit;
    const Timestamp end =
        shots_.end(wanted, std::max(least, start + cue.needed), std::min(most, limit));
    return chained(end, limit, least, most);
  }

 private:
  /// Closes a gap to the next cue that is too short to be seen as one. Where that would make the
  /// cue too long the gap is widened.
  Timestamp chained(Timestamp end, Timestamp limit, Timestamp least, Timestamp most) const {
    if (limit + profile_.min_gap - end >= profile_.chain_gap) return end;
    if (limit <= most) return limit;
    return std::max(least, limit + profile_.min_gap - profile_.chain_gap);
  }

  const ShotClearance& shots_;
  const Profile& profile_;
  Duration shortest_;
};

}  // namespace

ReadingLoad reading_load(std::span<const std::string> lines, const Profile& profile) {
  std::string text;
  for (const std::string& line : lines) text += line;
  const WritingSystem system = writing_system(text);
  ReadingLoad load;
  load.max_speed = profile.limits(system).max_reading_speed;
  for (const std::string& line : lines)
    load.amount += reading_load(line, system, profile.reading_unit);
  return load;
}

Duration reading_time(std::span<const std::string> lines, const Profile& profile) {
  const ReadingLoad load = reading_load(lines, profile);
  const Duration needed = from_seconds(load.amount / load.max_speed);
  return std::min(std::max(profile.min_duration, needed), profile.max_duration);
}

std::vector<TimeSpan> cue_spans(std::span<const CueTiming> cues, std::span<const Timestamp> cuts,
                                const Profile& profile, const CueShift& limits) {
  const ShotClearance shots(cuts, profile);
  const Duration shortest = std::max(profile.min_duration, kShortestCue);
  const std::vector<Timestamp> starts = cue_starts(cues, shots, shortest, profile.min_gap, limits);
  const CueEnds ends(shots, profile, shortest);
  std::vector<TimeSpan> spans(cues.size());
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const auto next = i + 1 < cues.size() ? std::optional(starts[i + 1]) : std::nullopt;
    spans[i] = {starts[i], ends.end(cues[i], starts[i], next)};
  }
  return spans;
}

}  // namespace attune::captions
