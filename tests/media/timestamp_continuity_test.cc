#include "media/timestamp_continuity.h"

#include <gtest/gtest.h>

#include "media/language.h"
#include "media/orientation.h"

namespace attune::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSound = 0;
constexpr int kPicture = 1;

TEST(TimestampContinuity, LeavesOrdinaryTimesAlone) {
  TimestampContinuity continuity(true);
  for (int n = 0; n < 100; ++n) {
    EXPECT_EQ(continuity.shift(kSound, n * milliseconds(40), milliseconds(40)).count(), 0);
    EXPECT_EQ(
        continuity.shift(kPicture, n * milliseconds(40) - seconds(1), milliseconds(40)).count(), 0);
  }
  EXPECT_EQ(continuity.jumps(), 0);
}

TEST(TimestampContinuity, ShiftsBothStreamsByTheSameAfterAJump) {
  for (const seconds restart : {seconds(0), seconds(5000)}) {
    TimestampContinuity continuity(true);
    for (int n = 0; n < 50; ++n) {
      continuity.shift(kSound, seconds(100) + n * milliseconds(40), milliseconds(40));
      continuity.shift(kPicture, seconds(100) + n * milliseconds(40), milliseconds(40));
    }
    // The picture arrives late: packets of the old clock still come after the sound has jumped.
    const Duration sound = continuity.shift(kSound, restart, milliseconds(40));
    EXPECT_EQ(restart + sound, seconds(102));
    EXPECT_EQ(continuity.shift(kPicture, seconds(102), milliseconds(40)).count(), 0);
    EXPECT_EQ(continuity.shift(kPicture, restart + milliseconds(40), milliseconds(40)), sound);
    EXPECT_EQ(continuity.shift(kSound, restart + milliseconds(40), milliseconds(40)), sound);
    EXPECT_EQ(continuity.jumps(), 1);
  }
}

TEST(TimestampContinuity, APauseOfOneStreamIsNoJump) {
  TimestampContinuity continuity(true);
  continuity.shift(kPicture, seconds(0), milliseconds(40));
  for (int n = 0; n < 1000; ++n) continuity.shift(kSound, n * milliseconds(40), milliseconds(40));
  EXPECT_EQ(continuity.shift(kPicture, seconds(40), milliseconds(40)).count(), 0);
  EXPECT_EQ(continuity.jumps(), 0);
}

TEST(TimestampContinuity, FilesWithAnIndexKeepTheirPauses) {
  TimestampContinuity continuity(false);
  continuity.shift(kSound, seconds(0), milliseconds(40));
  EXPECT_EQ(continuity.shift(kSound, seconds(60), milliseconds(40)).count(), 0);
  // No clock runs backward.
  EXPECT_EQ(continuity.shift(kSound, seconds(0), milliseconds(40)), seconds(60) + milliseconds(40));
}

TEST(Language, TagsOfTheSameLanguageMatch) {
  EXPECT_TRUE(same_language("de", "ger"));
  EXPECT_TRUE(same_language("deu", "ger"));
  EXPECT_TRUE(same_language("pt-BR", "por"));
  EXPECT_TRUE(same_language("ENG", "en_US"));
  EXPECT_TRUE(same_language("tlh", "tlh"));
  EXPECT_FALSE(same_language("de", "den"));
  EXPECT_FALSE(same_language("spa", "eng"));
  EXPECT_FALSE(same_language("", "eng"));
}

TEST(Orientation, UprightSizeStretchesTheStoredWidthBeforeTheTurn) {
  const PictureSize pal = upright_size({720, 576}, {16, 11}, {});
  EXPECT_EQ(pal.width, 1047);
  EXPECT_EQ(pal.height, 576);
  const PictureSize turned = upright_size({720, 576}, {16, 11}, {90, false});
  EXPECT_EQ(turned.width, 576);
  EXPECT_EQ(turned.height, 1047);
  EXPECT_EQ(upright_size({720, 576}, {}, {180, true}).width, 720);
}

}  // namespace
}  // namespace attune::media
