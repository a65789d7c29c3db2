#include "live/load_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace attune::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Duration kBudget = seconds(2);
constexpr Duration kStep = milliseconds(100);
constexpr Duration kCalm = milliseconds(100);
constexpr Duration kHigh = milliseconds(1500);
constexpr Duration kUrgent = milliseconds(2500);

/// Drives a policy on a clock of its own.
class VirtualLoad {
 public:
  struct Change {
    double at;
    int to;
    bool operator==(const Change&) const = default;
    friend void PrintTo(const Change& change, std::ostream* out) {
      *out << change.at << " s: " << change.to;
    }
  };

  /// Keeps the lag for so long; the changes, with seconds from here.
  std::vector<Change> keep(Duration lag, Duration length) {
    std::vector<Change> changes;
    const Timestamp start = now_;
    for (; now_ < start + length; now_ += kStep)
      if (const auto change = policy_.update(now_, lag, kBudget)) {
        EXPECT_EQ(*policy_.level(), change->to);
        changes.push_back({to_seconds(now_ - start), change->to});
      }
    return changes;
  }

  /// Seconds of calm until the level is left.
  double calm_until_left() {
    const int before = level();
    const Timestamp start = now_;
    while (level() == before && now_ < start + minutes(10)) {
      policy_.update(now_, kCalm, kBudget);
      now_ += kStep;
    }
    return to_seconds(now_ - kStep - start);
  }

  const LoadPolicy& policy() const { return policy_; }
  int level() const { return *policy_.level(); }

 private:
  LoadPolicy policy_;
  Timestamp now_ = seconds(100);
};

using Changes = std::vector<VirtualLoad::Change>;

TEST(LoadPolicy, DoesNothingWhileThereIsRoom) {
  VirtualLoad load;
  EXPECT_THAT(load.keep(milliseconds(0), minutes(1)), IsEmpty());
  EXPECT_THAT(load.keep(milliseconds(1000), minutes(1)), IsEmpty());
  EXPECT_THAT(load.keep(-milliseconds(500), minutes(1)), IsEmpty());
}

TEST(LoadPolicy, AShortPeakIsNoReason) {
  VirtualLoad load;
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(load.keep(kHigh, milliseconds(400)), IsEmpty());
    EXPECT_THAT(load.keep(milliseconds(900), milliseconds(100)), IsEmpty());
  }
}

TEST(LoadPolicy, StepsUpAfterHalfASecondAndWaitsTwoForTheEffect) {
  VirtualLoad load;
  EXPECT_EQ(load.keep(kHigh, seconds(12)),
            (Changes{{0.5, 1}, {2.5, 2}, {4.5, 3}, {6.5, 4}, {8.5, 5}}));
}

TEST(LoadPolicy, TakesTwoAtOnceAboveTheBudget) {
  VirtualLoad load;
  EXPECT_EQ(load.keep(kUrgent, seconds(10)), (Changes{{0, 2}, {2, 4}, {4, 5}}));
  EXPECT_EQ(load.level(), kHighestLoadLevel);
}

TEST(LoadPolicy, HasteDoesNotWaitForASingleStepToSettle) {
  VirtualLoad load;
  EXPECT_EQ(load.keep(kHigh, milliseconds(1000)), (Changes{{0.5, 1}}));
  EXPECT_EQ(load.keep(kUrgent, milliseconds(500)), (Changes{{0, 3}}));
}

TEST(LoadPolicy, StepsDownOneByOneAfterTenCalmSecondsEach) {
  VirtualLoad load;
  load.keep(kUrgent, milliseconds(100));
  EXPECT_EQ(load.keep(kCalm, seconds(25)), (Changes{{10, 1}, {20, 0}}));
}

TEST(LoadPolicy, CalmHasToLast) {
  VirtualLoad load;
  load.keep(kUrgent, milliseconds(100));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(load.keep(kCalm, milliseconds(9900)), IsEmpty());
    EXPECT_THAT(load.keep(milliseconds(300), milliseconds(100)), IsEmpty());
  }
}

TEST(LoadPolicy, AStepThatIsNeededAgainSoonIsKeptTwiceAsLongUpToTwoMinutes) {
  VirtualLoad load;
  std::vector<double> kept;
  for (int i = 0; i < 6; ++i) {
    load.keep(kHigh, milliseconds(600));
    EXPECT_EQ(load.level(), 1);
    kept.push_back(load.calm_until_left());
    load.keep(kCalm, seconds(29));
  }
  EXPECT_THAT(kept, ElementsAre(10, 20, 40, 80, 120, 120));
  EXPECT_EQ(load.policy().taken(1), 6);

  // It was left 29 s ago; after a minute the past is forgotten.
  load.keep(kCalm, minutes(1));
  load.keep(kHigh, milliseconds(600));
  EXPECT_EQ(load.calm_until_left(), 10);
}

TEST(LoadPolicy, CountsEachLevelAlsoOnTheWay) {
  VirtualLoad load;
  load.keep(kUrgent, milliseconds(2100));
  load.keep(kCalm, seconds(11));
  load.keep(kHigh, milliseconds(600));
  std::vector<std::int64_t> taken;
  for (int level = 0; level <= kHighestLoadLevel; ++level)
    taken.push_back(load.policy().taken(level));
  EXPECT_THAT(taken, ElementsAre(0, 1, 1, 1, 2, 0));
  EXPECT_EQ(load.policy().taken(), 5);
}

TEST(LoadPolicy, TheLevelOutlivesThePolicy) {
  std::shared_ptr<const std::atomic<int>> level;
  {
    LoadPolicy policy;
    level = policy.level();
    policy.update(seconds(1), kUrgent, kBudget);
  }
  EXPECT_EQ(*level, 2);
}

TEST(LoadPolicy, EachLevelDoesWhatTheOneBelowDoes) {
  std::set<std::string> effects;
  for (int level = 0; level <= kHighestLoadLevel; ++level) {
    effects.emplace(load_effect(level));
    const LoadMeasures here = load_measures(level);
    const LoadMeasures above = load_measures(level + 1);
    EXPECT_GE(above.detector_divisor, here.detector_divisor);
    EXPECT_LE(above.most_faces.value_or(1000), here.most_faces.value_or(1000));
    EXPECT_LE(above.partial_captions, here.partial_captions);
    EXPECT_GE(above.coarse_captions, here.coarse_captions);
    EXPECT_GE(above.only_reference_pictures, here.only_reference_pictures);
    EXPECT_LE(above.pictures, here.pictures);
  }
  EXPECT_EQ(effects.size(), 6u);
  EXPECT_EQ(load_measures(1).detector_divisor, 2);
  EXPECT_EQ(load_measures(2).detector_divisor, 4);
  EXPECT_EQ(load_measures(2).most_faces, 2);
  EXPECT_FALSE(load_measures(3).partial_captions);
  EXPECT_TRUE(load_measures(3).coarse_captions);
  EXPECT_FALSE(load_measures(3).only_reference_pictures);
  EXPECT_TRUE(load_measures(4).only_reference_pictures);
  EXPECT_FALSE(load_measures(5).pictures);
}

/// A feed on a machine that does `speed` seconds of work a second, where each level leaves less
/// work to do for a second of the feed.
struct SlowMachine {
  double speed;
  double longest_lag = 0;
  std::int64_t changes = 0;
  int last_level = 0;

  void run(Duration length, bool with_policy) {
    constexpr double kWork[] = {1.0, 0.8, 0.65, 0.5, 0.3, 0.1};
    LoadPolicy policy;
    double lag = 0;
    for (Timestamp now{}; now < length; now += kStep) {
      const double work = kWork[*policy.level()];
      lag = std::max(0.0, lag + (work - speed) / std::max(work, speed) * to_seconds(kStep));
      longest_lag = std::max(longest_lag, lag);
      if (with_policy && policy.update(now, from_seconds(lag), kBudget)) ++changes;
    }
    last_level = *policy.level();
  }
};

TEST(LoadPolicy, KeepsTheLagOfASlowMachineBoundedWithoutFlapping) {
  for (const double speed : {0.15, 0.25, 0.4, 0.55, 0.7, 0.95}) {
    SlowMachine without{speed};
    without.run(minutes(60), false);
    EXPECT_GT(without.longest_lag, 60) << speed;

    SlowMachine with{speed};
    with.run(minutes(60), true);
    EXPECT_LT(with.longest_lag, 2 * to_seconds(kBudget)) << speed;
    // At most up and down again every two minutes, beside the beginning.
    EXPECT_LT(with.changes, 75) << speed;
  }
}

TEST(LoadPolicy, LeavesEveryLevelWhenThereIsRoomAgain) {
  VirtualLoad load;
  load.keep(kUrgent, seconds(10));
  EXPECT_EQ(load.level(), kHighestLoadLevel);
  load.keep(kCalm, seconds(51));
  EXPECT_EQ(load.level(), 0);
}

}  // namespace
}  // namespace attune::live
