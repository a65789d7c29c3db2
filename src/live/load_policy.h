#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/time.h"

namespace attune::live {

/// The highest level of the policy for falling behind; 0 is none.
inline constexpr int kHighestLoadLevel = 5;

/// What a level asks of the nodes. Each level does what those below it do, too. Sound is always
/// taken whole: no level drops any.
struct LoadMeasures {
  /// Faces are looked for in every n-th of the pictures in which they would be.
  int detector_divisor = 1;
  /// How many faces are followed at most; nothing: as configured.
  std::optional<int> most_faces;
  /// Captions before they are final.
  bool partial_captions = true;
  /// Final captions with a narrower search.
  bool coarse_captions = false;
  /// Only pictures that others refer to are decoded.
  bool only_reference_pictures = false;
  /// False: none at all; who speaks is then told from sound alone, as off screen.
  bool pictures = true;
};

/// For a level in [0, kHighestLoadLevel]; others count as the nearest.
LoadMeasures load_measures(int level);

/// The same for people: "faces are looked for half as often"; empty for 0.
std::string_view load_effect(int level);

struct LoadPolicyOptions {
  /// One level up when the lag was above this share of the budget for so long...
  double raise_share = 0.5;
  Duration raise_after = std::chrono::milliseconds(500);
  /// ...and then not before so long again, for the level to have an effect.
  Duration settle = std::chrono::seconds(2);
  /// So many levels at once when it is above this share, even while a single level settles.
  double urgent_share = 1;
  int urgent_levels = 2;
  /// One level down when the lag was below this share for so long.
  double lower_share = 0.1;
  Duration lower_after = std::chrono::seconds(10);
  /// A level that has to be taken again within this time after it was left is kept twice as long as
  /// the last time, up to the longest; otherwise `lower_after` again.
  Duration relapse = std::chrono::seconds(30);
  Duration longest_lower_after = std::chrono::minutes(2);
};

struct LoadChange {
  int from = 0;
  int to = 0;
};

/// What a feed gives up when the machine does not keep up, by degrees, so that its latency stays
/// within what was promised; and when it takes it back. Pure: time comes with each call. update()
/// is for one thread at a time; level() and taken() may be read from any.
class LoadPolicy {
 public:
  explicit LoadPolicy(const LoadPolicyOptions& options = {});

  /// `lag`: how much longer results take now than the nodes declare; `budget`: the latency
  /// promised, above zero. To be called several times a second, on a clock that does not go back.
  /// Returns the change of level, if there is one.
  std::optional<LoadChange> update(Timestamp now, Duration lag, Duration budget);

  /// For the nodes to read; stays valid without the policy.
  std::shared_ptr<const std::atomic<int>> level() const { return level_; }
  /// How often this level was taken from below, also on the way to a higher one.
  std::int64_t taken(int level) const;
  /// All of them.
  std::int64_t taken() const;

 private:
  /// What is remembered of a level.
  struct Level {
    Duration lower_after{};
    std::optional<Timestamp> left;
    std::atomic<std::int64_t> taken{0};
  };

  LoadChange raise(Timestamp now, int levels);
  std::optional<LoadChange> lower(Timestamp now);

  const LoadPolicyOptions options_;
  std::shared_ptr<std::atomic<int>> level_;
  std::array<Level, kHighestLoadLevel + 1> levels_;
  /// Since when the lag has been above the one share, or below the other.
  std::optional<Timestamp> high_since_;
  std::optional<Timestamp> calm_since_;
  /// Until when a level that was taken settles; whether it was taken in haste.
  std::optional<Timestamp> settles_until_;
  bool was_urgent_ = false;
};

}  // namespace attune::live
