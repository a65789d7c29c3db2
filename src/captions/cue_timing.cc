#include "captions/cue_timing.h"

#include <algorithm>
#include <optional>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Profiles without a shortest duration still show a cue for one frame at 25 a second.
constexpr Duration kShortestCue = std::chrono::milliseconds(40);

/// The shot change nearest to t, when it is nearer than `distance`.
std::optional<Timestamp> cut_near(std::span<const Timestamp> cuts, Timestamp t, Duration distance) {
  std::optional<Timestamp> nearest;
  for (auto cut = std::lower_bound(cuts.begin(), cuts.end(), t - distance);
       cut != cuts.end() && *cut < t + distance; ++cut) {
    const bool nearer = !nearest || std::chrono::abs(*cut - t) < std::chrono::abs(*nearest - t);
    if (*cut > t - distance && nearer) nearest = *cut;
  }
  return nearest;
}

class CueTimer {
 public:
  CueTimer(std::span<const Timestamp> cuts, const Profile& profile, Duration max_delay)
      : cuts_(cuts),
        profile_(profile),
        max_delay_(max_delay),
        shortest_(std::max(profile.min_duration, kShortestCue)) {}

  std::vector<Timestamp> starts(std::span<const CueTiming> cues) const {
    std::vector<Timestamp> starts;
    while (starts.size() < cues.size())
      if (!wait_to_read(cues, starts)) follow_speech(cues, starts);
    return starts;
  }

  /// Where a cue that starts at `start` ends; the next starts at `next`.
  Timestamp end(const CueTiming& cue, Timestamp start, std::optional<Timestamp> next) const {
    const Timestamp least = start + shortest_;
    const Timestamp most = start + profile_.max_duration;
    const Timestamp wanted = std::clamp(std::max(cue.spoken.end, start + cue.needed), least, most);
    if (!next) return clear_end(wanted, std::max(least, start + cue.needed), most);
    const Timestamp limit = *next - profile_.min_gap;
    if (wanted >= limit) return limit;
    const Timestamp end =
        clear_end(wanted, std::max(least, start + cue.needed), std::min(most, limit));
    return chained(end, limit, least, most);
  }

 private:
  /// Places the next cue, and those after it for as long as they must wait for the one before to
  /// have been read. False, and none placed, when one would wait for longer than max_delay.
  bool wait_to_read(std::span<const CueTiming> cues, std::vector<Timestamp>& starts) const {
    const std::size_t first = starts.size();
    starts.push_back(unread_start(cues, starts));
    while (starts.size() < cues.size()) {
      const CueTiming& cue = cues[starts.size()];
      const Timestamp read = read_end(cues, starts);
      if (read <= unread_start(cues, starts)) return true;
      const bool too_late = read > cue.spoken.start + max_delay_;
      if (too_late && !at_once(cues, starts.size())) {
        starts.resize(first);
        return false;
      }
      const Timestamp waited = std::min(read, cue.spoken.start + max_delay_);
      starts.push_back(clear_start(cue.spoken.start, std::max(shown_end(starts), waited)));
    }
    return true;
  }

  /// Places cues where they are spoken, until one was read before the next starts: where waiting
  /// does not help, cues had better be in time.
  void follow_speech(std::span<const CueTiming> cues, std::vector<Timestamp>& starts) const {
    do {
      starts.push_back(unread_start(cues, starts));
    } while (starts.size() < cues.size() && read_end(cues, starts) > unread_start(cues, starts));
  }

  /// Where the next cue starts when it does not wait for the one before to have been read, unless
  /// both are heard at once: with its speech, when the one before was shown.
  Timestamp unread_start(std::span<const CueTiming> cues,
                         const std::vector<Timestamp>& starts) const {
    const Timestamp spoken = cues[starts.size()].spoken.start;
    if (starts.empty()) return clear_start(spoken, Timestamp::min());
    Timestamp earliest = shown_end(starts);
    if (at_once(cues, starts.size()))
      earliest = std::max(earliest, std::min(read_end(cues, starts), spoken + max_delay_));
    return clear_start(spoken, earliest);
  }

  static bool at_once(std::span<const CueTiming> cues, std::size_t i) {
    return cues[i].spoken.start < cues[i - 1].spoken.end;
  }

  /// When the last cue placed makes room for the next: shown for the shortest duration; read.
  Timestamp shown_end(const std::vector<Timestamp>& starts) const {
    return starts.back() + shortest_ + profile_.min_gap;
  }
  Timestamp read_end(std::span<const CueTiming> cues, const std::vector<Timestamp>& starts) const {
    return starts.back() + cues[starts.size() - 1].needed + profile_.min_gap;
  }

  /// The time nearest to t, not before `earliest`, that lies on a shot change or clear of them.
  Timestamp clear_start(Timestamp t, Timestamp earliest) const {
    t = std::max(t, earliest);
    const std::optional<Timestamp> cut = cut_near(cuts_, t, profile_.clear_distance);
    if (!cut) return t;
    const Timestamp before = *cut - profile_.clear_distance;
    const Timestamp after = *cut + profile_.clear_distance;
    const bool near = std::chrono::abs(*cut - t) <= profile_.snap_distance;
    if (near && *cut >= earliest) return *cut;
    if (t < *cut) return before >= earliest && !near ? before : *cut;
    return is_clear(after) ? after : t;
  }

  bool is_clear(Timestamp t) const { return !cut_near(cuts_, t, profile_.clear_distance); }

  /// The time from `least` to `most` that a cue ends at, near t: two frames before a shot change or
  /// clear of it.
  Timestamp clear_end(Timestamp t, Timestamp least, Timestamp most) const {
    const Timestamp at = t + profile_.min_gap;
    const std::optional<Timestamp> cut = cut_near(cuts_, at, profile_.clear_distance);
    if (!cut) return t;
    const Timestamp on = *cut - profile_.min_gap;
    const bool past_near = t - *cut > profile_.snap_distance;
    const Timestamp after = *cut + profile_.clear_distance;
    if (past_near && after <= most && is_clear(after)) return after;
    if (on >= least && on <= most) return on;
    return after <= most && t > on ? after : t;
  }

  /// Closes a gap to the next cue that is too short to be seen as one. Where that would make the
  /// cue too long the gap is widened.
  Timestamp chained(Timestamp end, Timestamp limit, Timestamp least, Timestamp most) const {
    if (limit + profile_.min_gap - end >= profile_.chain_gap) return end;
    if (limit <= most) return limit;
    return std::max(least, limit + profile_.min_gap - profile_.chain_gap);
  }

  std::span<const Timestamp> cuts_;
  const Profile& profile_;
  Duration max_delay_;
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
                                const Profile& profile, Duration max_delay) {
  const auto used_cuts =
      profile.snap_distance > Duration::zero() ? cuts : std::span<const Timestamp>{};
  const CueTimer timer(used_cuts, profile, max_delay);
  const std::vector<Timestamp> starts = timer.starts(cues);
  std::vector<TimeSpan> spans(cues.size());
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const auto next = i + 1 < cues.size() ? std::optional(starts[i + 1]) : std::nullopt;
    spans[i] = {starts[i], timer.end(cues[i], starts[i], next)};
  }
  return spans;
}

}  // namespace attune::captions
