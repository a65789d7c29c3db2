#include "captions/rttm.h"

#include <gtest/gtest.h>

#include "sample_result.h"

namespace attune::captions {
namespace {

TEST(Rttm, WritesOneSpeakerLineForEachSegment) {
  Result result = sample_result();
  result.media.path = "/films/two words.mp4";
  result.segments.push_back(segment(3'723'004, 3'724'000, 5));
  EXPECT_EQ(write_rttm(result),
            "SPEAKER two_words 1 1.000 2.500 <NA> <NA> Tom_&_<Jerry> <NA> <NA>\n"
            "SPEAKER two_words 1 4.000 1.500 <NA> <NA> Off-screen <NA> <NA>\n"
            "SPEAKER two_words 1 3723.004 0.996 <NA> <NA> speaker_5 <NA> <NA>\n");
}

TEST(Rttm, TimesBeforeZeroAreCutOff) {
  Result result;
  result.media.path = "a.mkv";
  result.segments = {segment(-900, -100, 1), segment(-100, 250, 1)};
  EXPECT_EQ(write_rttm(result), "SPEAKER a 1 0.000 0.250 <NA> <NA> speaker_1 <NA> <NA>\n");
}

TEST(Rttm, NoSegmentsAreAnEmptyFile) {
  EXPECT_EQ(write_rttm({}), "");
}

}  // namespace
}  // namespace attune::captions
