#include "captions/ava_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_result.h"

namespace attune::captions {
namespace {

constexpr const char* kHeader =
    "video_id,frame_timestamp,entity_box_x1,entity_box_y1,entity_box_x2,entity_box_y2,label,"
    "entity_id,score\n";

Result with_path(const std::string& path) {
  Result result = sample_result();
  result.media.path = path;
  return result;
}

TEST(AvaCsv, WritesEveryFaceAtEveryTick) {
  // Logits 0 and -2: probabilities 1/2 and 1/(1+e^2).
  EXPECT_EQ(write_ava_csv(with_path("clip.mp4")),
            std::string(kHeader) +
                "clip,1.00,0.100000,0.100000,0.300000,0.600000,NOT_SPEAKING,clip:7,0.500000\n"
                "clip,1.04,0.107000,0.100000,0.307000,0.600000,NOT_SPEAKING,clip:7,0.119203\n");
}

TEST(AvaCsv, LabelFollowsTheLogit) {
  Result result = with_path("clip.mp4");
  result.tracks[0].speaking = {3, -3};
  const std::string text = write_ava_csv(result);
  EXPECT_THAT(text, testing::HasSubstr(",SPEAKING_AUDIBLE,clip:7,0.952574\n"));
  EXPECT_THAT(text, testing::HasSubstr(",NOT_SPEAKING,clip:7,0.047426\n"));
  EXPECT_THAT(write_ava_csv(result, AvaLabels::kEvaluation),
              testing::HasSubstr(",SPEAKING_AUDIBLE,clip:7,0.047426\n"));
}

TEST(AvaCsv, BoxesStayInsideThePictureAndNamesInTheirField) {
  Result result = with_path("a,\"b\".mp4");
  result.tracks[0].boxes = {{-20, -5, 400, 300}};
  result.tracks[0].speaking = {0};
  EXPECT_EQ(write_ava_csv(result),
            std::string(kHeader) +
                "\"a,\"\"b\"\"\",1.00,0.000000,0.000000,1.000000,1.000000,NOT_SPEAKING,"
                "\"a,\"\"b\"\":7\",0.500000\n");
}

TEST(AvaCsv, TimesFollowTheShiftOfTheResult) {
  Result result = with_path("clip.mp4");
  shift(result, ms(500));
  EXPECT_THAT(write_ava_csv(result), testing::HasSubstr("\nclip,1.50,"));
}

TEST(AvaCsv, OnlyTheHeaderWithoutAPicture) {
  Result result = sample_result();
  result.media.video.reset();
  EXPECT_EQ(write_ava_csv(result), kHeader);
}

}  // namespace
}  // namespace attune::captions
