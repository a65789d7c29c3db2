#include "captions/cue_starts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "sample_result.h"

namespace attune::captions {
namespace {

constexpr Duration kShortest = std::chrono::milliseconds(800);
constexpr Duration kGap = std::chrono::milliseconds(80);

class CueStarts : public testing::Test {
 protected:
  std::vector<Timestamp> starts(const std::vector<CueTiming>& cues,
                                const std::vector<Timestamp>& cuts = {}) const {
    return cue_starts(cues, ShotClearance(cuts, profile_), kShortest, kGap, limits_);
  }
  static CueTiming cue(std::int64_t start, std::int64_t end, std::int64_t needed) {
    return {{ms(start), ms(end)}, ms(needed)};
  }

  Profile profile_ = profile("netflix", 25);
  CueShift limits_;
};

TEST_F(CueStarts, SpeechThatCanBeReadIsShownAsItIsSpoken) {
  EXPECT_EQ(starts({cue(1000, 2000, 1500), cue(2600, 4000, 1000), cue(9000, 9100, 3000)}),
            (std::vector{ms(1000), ms(2600), ms(9000)}));
}

TEST_F(CueStarts, ACueWaitsForTheOneBeforeToBeRead) {
  EXPECT_EQ(starts({cue(1000, 2000, 1500), cue(2000, 4000, 1000)}),
            (std::vector{ms(1000), ms(2580)}));
}

/// 2.7 s are needed and 1.08 s short of the second speech: 1.5 s of waiting and 0.2 s of lead.
TEST_F(CueStarts, ACueIsEarlyByNoMoreThanWaitingFallsShort) {
  EXPECT_EQ(starts({cue(5000, 6000, 2700), cue(6080, 7000, 900)}),
            (std::vector{ms(4800), ms(7580)}));
}

TEST_F(CueStarts, ACueIsNotEarlyInAnotherShotOrInAnothersSpeech) {
  const std::vector<CueTiming> crowded = {cue(5000, 6000, 2700), cue(6080, 7000, 900)};
  EXPECT_EQ(starts(crowded, {ms(5000)}).front(), ms(5000));
  std::vector<CueTiming> after = crowded;
  after.insert(after.begin(), cue(3000, 4920, 900));
  EXPECT_EQ(starts(after)[1], ms(5000));
}

/// Where any schedule lets everything be read, the one that is chosen does. The earliest start of
/// each cue tells whether there is one.
TEST_F(CueStarts, EverythingIsReadWhereThatIsPossible) {
  std::mt19937 random(7);
  const auto below = [&random](unsigned limit) {
    return static_cast<std::int64_t>(random() % limit);
  };
  int possible = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<CueTiming> cues;
    std::int64_t time = 1000;
    for (int i = 0; i < 6; ++i) {
      const std::int64_t length = 500 + below(2500);
      cues.push_back(cue(time, time + length, 800 + below(3000)));
      time += length + (below(3) == 0 ? below(3000) : below(200));
    }
    bool all_read = true;
    Timestamp free = Timestamp::min();
    for (std::size_t i = 0; i < cues.size(); ++i) {
      const Timestamp spoken = cues[i].spoken.start;
      if (free > spoken + limits_.delay) all_read = false;
      const Timestamp quiet = i == 0 ? Timestamp::min() : cues[i - 1].spoken.end + kGap;
      // Leads come in tenths of a second.
      Timestamp start = std::max(free, spoken);
      for (Duration lead{}; lead <= limits_.lead; lead += ms(100))
        if (spoken - lead >= std::max(free, quiet)) start = spoken - lead;
      free = start + cues[i].needed + kGap;
    }
    const std::vector<Timestamp> found = starts(cues);
    bool found_all_read = true;
    for (std::size_t i = 0; i + 1 < cues.size(); ++i) {
      ASSERT_GE(found[i + 1] - found[i], kShortest + kGap);
      ASSERT_GE(found[i], cues[i].spoken.start - limits_.lead);
      if (found[i + 1] - found[i] < cues[i].needed + kGap) found_all_read = false;
    }
    EXPECT_EQ(found_all_read, all_read) << "round " << round;
    possible += all_read ? 1 : 0;
  }
  EXPECT_GT(possible, 200);
  EXPECT_LT(possible, 1800);
}

}  // namespace
}  // namespace attune::captions
