#include "core/nearest_name.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(EditDistance, MatchesKnownDistances) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("saturday", "sunday"), 3U);
  EXPECT_EQ(edit_distance("in", "ni"), 1U);
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(NearestName, IsSilentWhenNothingIsClose) {
  EXPECT_EQ(nearest_name("fraems", {"faces", "frames"}), "frames");
  EXPECT_EQ(nearest_name("zebra", {"faces", "frames"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(nearest_name("", {"faces"}), "");
}

TEST(NearestName, GoesOnWhatWasBegun) {
  EXPECT_EQ(nearest_name("silero", {"yunet", "silero_vad"}), "silero_vad");
}

}  // namespace
}  // namespace attune
