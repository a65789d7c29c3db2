#include "live/load_policy.h"

#include <algorithm>

namespace attune::live {

LoadMeasures load_measures(int level) {
  LoadMeasures measures;
  if (level >= 1) measures.detector_divisor = 2;
  if (level >= 2) {
    measures.detector_divisor = 4;
    measures.most_faces = 2;
  }
  measures.partial_captions = level < 3;
  measures.coarse_captions = level >= 3;
  measures.only_reference_pictures = level >= 4;
  measures.pictures = level < kHighestLoadLevel;
  return measures;
}

std::string_view load_effect(int level) {
  constexpr std::array<std::string_view, kHighestLoadLevel + 1> kEffects = {
      "",
      "faces are looked for half as often",
      "faces are looked for a quarter as often, and two at most are followed",
      "captions are final ones alone, and coarser; faces are looked for a quarter as often",
      "only pictures that others refer to are decoded; captions are final ones alone, and coarser",
      "pictures are left out: who speaks is not seen; sound and final captions go on"};
  return kEffects.at(static_cast<std::size_t>(std::clamp(level, 0, kHighestLoadLevel)));
}

LoadPolicy::LoadPolicy(const LoadPolicyOptions& options)
    : options_(options), level_(std::make_shared<std::atomic<int>>(0)) {
  for (Level& level : levels_) level.lower_after = options_.lower_after;
}

std::optional<LoadChange> LoadPolicy::update(Timestamp now, Duration lag, Duration budget) {
  if (budget <= Duration::zero()) return std::nullopt;
  const double share = to_seconds(lag) / to_seconds(budget);
  if (share <= options_.raise_share) high_since_.reset();
  if (share >= options_.lower_share) calm_since_.reset();
  if (share < options_.lower_share) {
    if (!calm_since_) calm_since_ = now;
    return lower(now);
  }
  if (share <= options_.raise_share) return std::nullopt;

  if (!high_since_) high_since_ = now;
  if (*level_ >= kHighestLoadLevel) return std::nullopt;
  const bool settles = settles_until_ && now < *settles_until_;
  const bool is_urgent = share > options_.urgent_share;
  if (is_urgent && !(settles && was_urgent_)) {
    was_urgent_ = true;
    return raise(now, options_.urgent_levels);
  }
  if (settles || now - *high_since_ < options_.raise_after) return std::nullopt;
  was_urgent_ = false;
  return raise(now, 1);
}

LoadChange LoadPolicy::raise(Timestamp now, int levels) {
  const int from = *level_;
  const int to = std::min(kHighestLoadLevel, from + levels);
  for (int i = from + 1; i <= to; ++i) {
    Level& level = levels_[static_cast<std::size_t>(i)];
    const bool is_relapse = level.left && now - *level.left < options_.relapse;
    level.lower_after = is_relapse ? std::min(2 * level.lower_after, options_.longest_lower_after)
                                   : options_.lower_after;
    ++level.taken;
  }
  settles_until_ = now + options_.settle;
  high_since_.reset();
  *level_ = to;
  return {from, to};
}

std::optional<LoadChange> LoadPolicy::lower(Timestamp now) {
  const int from = *level_;
  Level& level = levels_[static_cast<std::size_t>(from)];
  if (from == 0 || now - *calm_since_ < level.lower_after) return std::nullopt;
  level.left = now;
  // The next one down has to be earned anew.
  calm_since_ = now;
  *level_ = from - 1;
  return LoadChange{from, from - 1};
}

std::int64_t LoadPolicy::taken(int level) const {
  return levels_[static_cast<std::size_t>(std::clamp(level, 0, kHighestLoadLevel))].taken;
}

std::int64_t LoadPolicy::taken() const {
  std::int64_t sum = 0;
  for (const Level& level : levels_) sum += level.taken;
  return sum;
}

}  // namespace attune::live
