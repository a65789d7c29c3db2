#include "captions/cue_starts.h"

#include <algorithm>
#include <cstddef>

namespace attune::captions {
namespace {

constexpr double kUnreadCost = 1;
/// For the square of the part that there is no time to read: a little everywhere is better than
/// much in one place.
constexpr double kUnreadPartCost = 40;
constexpr double kLateCost = 0.05;   // per second and cue
constexpr double kEarlyCost = 0.08;  // per second and cue
constexpr Duration kLeadStep = std::chrono::milliseconds(100);

/// One way to place the cues up to some cue.
struct Way {
  Timestamp start{};
  double cost = 0;
  /// Which way the cue before takes.
  std::size_t before = 0;
};

class StartChooser {
 public:
  StartChooser(std::span<const CueTiming> cues, const ShotClearance& shots, Duration shortest,
               Duration gap, const CueShift& limits)
      : cues_(cues), shots_(shots), shortest_(shortest), gap_(gap), limits_(limits) {}

  std::vector<Timestamp> choose() {
    if (cues_.empty()) return {};
    add_first();
    for (cue_ = 1; cue_ < cues_.size(); ++cue_) {
      ways_.emplace_back();
      const std::vector<Way>& before = ways_[cue_ - 1];
      for (std::size_t i = 0; i < before.size(); ++i) add_after(before[i], i);
      keep_best();
    }
    std::vector<Timestamp> starts = cheapest();
    trim_leads(starts);
    return starts;
  }

 private:
  void add_first() {
    ways_.emplace_back();
    const Timestamp spoken = cues_[0].spoken.start;
    const Timestamp earliest = std::min(spoken, limits_.earliest);
    add(shots_.start(spoken, earliest), {});
    add_early(earliest, {});
    keep_best();
  }

  /// The ways that cue_ can follow `before`, the index of which is `index`.
  void add_after(const Way& before, std::size_t index) {
    const CueTiming& last = cues_[cue_ - 1];
    const Timestamp spoken = cues_[cue_].spoken.start;
    const Timestamp shown = before.start + shortest_ + gap_;
    const Timestamp read = before.start + last.needed + gap_;
    const Timestamp latest = spoken + limits_.delay;
    const Timestamp in_time = shots_.start(spoken, shown);
    if (in_time >= read || !speak_at_once()) add(in_time, {before.start, before.cost, index});
    if (in_time < read)
      add(shots_.start(spoken, std::max(shown, std::min(read, latest))),
          {before.start, before.cost, index});
    add_early(std::max(read, last.spoken.end + gap_), {before.start, before.cost, index});
  }

  /// Starts before the speech and not before `free`.
  void add_early(Timestamp free, const Way& before) {
    const Timestamp spoken = cues_[cue_].spoken.start;
    for (Duration lead = kLeadStep; lead <= limits_.lead; lead += kLeadStep) {
      const Timestamp earliest = std::max(free, spoken - limits_.lead);
      if (spoken - lead < earliest || shots_.has_change(spoken - lead, spoken)) return;
      const Timestamp start = shots_.start(spoken - lead, earliest);
      if (start < spoken) add(start, before);
    }
  }

  /// `before`: start and cost of the way up to the cue before, and its index.
  void add(Timestamp start, const Way& before) {
    double cost = before.cost;
    if (cue_ > 0) cost += unread_cost(cues_[cue_ - 1], start - gap_ - before.start);
    const double late = to_seconds(start - cues_[cue_].spoken.start);
    cost += late > 0 ? kLateCost * late : kEarlyCost * -late;
    ways_.back().push_back({start, cost, before.before});
  }

  static double unread_cost(const CueTiming& cue, Duration shown) {
    if (shown >= cue.needed) return 0;
    const double part = 1 - to_seconds(shown) / to_seconds(cue.needed);
    return kUnreadCost + kUnreadPartCost * part * part;
  }

  bool speak_at_once() const { return cues_[cue_].spoken.start < cues_[cue_ - 1].spoken.end; }

  /// A way that is neither earlier nor cheaper than another is none.
  void keep_best() {
    std::vector<Way>& ways = ways_.back();
    std::stable_sort(ways.begin(), ways.end(),
                     [](const Way& a, const Way& b) { return a.start < b.start; });
    std::vector<Way> kept;
    for (const Way& way : ways)
      if (kept.empty() || way.cost < kept.back().cost) {
        if (!kept.empty() && kept.back().start == way.start) kept.pop_back();
        kept.push_back(way);
      }
    ways = std::move(kept);
  }

  std::vector<Timestamp> cheapest() const {
    std::vector<Timestamp> starts(cues_.size());
    // The last way kept is the cheapest.
    std::size_t way = ways_.back().size() - 1;
    for (std::size_t i = cues_.size(); i-- > 0;) {
      starts[i] = ways_[i][way].start;
      way = ways_[i][way].before;
    }
    return starts;
  }

  /// Cues start no earlier before their speech than they must.
  void trim_leads(std::vector<Timestamp>& starts) const {
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
      const Timestamp spoken = cues_[i].spoken.start;
      if (starts[i] >= spoken) continue;
      const Timestamp latest = std::min(spoken, starts[i + 1] - gap_ - cues_[i].needed);
      if (latest <= starts[i]) continue;
      const Timestamp cleared = shots_.start(latest, starts[i]);
      if (cleared <= latest) starts[i] = cleared;
    }
  }

  std::span<const CueTiming> cues_;
  const ShotClearance& shots_;
  Duration shortest_;
  Duration gap_;
  CueShift limits_;
  /// The cue that is being placed.
  std::size_t cue_ = 0;
  /// ways_[i]: of the cues up to i, by start; the later the cheaper.
  std::vector<std::vector<Way>> ways_;
};

}  // namespace

std::vector<Timestamp> cue_starts(std::span<const CueTiming> cues, const ShotClearance& shots,
                                  Duration shortest, Duration gap, const CueShift& limits) {
  return StartChooser(cues, shots, shortest, gap, limits).choose();
}

}  // namespace attune::captions
