#include "captions/placement.h"

#include <gtest/gtest.h>

#include <random>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PictureShape kPicture{1280, 720};

align::TrackSlice face(align::SpeakerId speaker, TokenIndex first, int length, align::Box box,
                       float drift_x = 0) {
  align::TrackSlice slice;
  slice.track = speaker;
  slice.speaker = speaker;
  slice.first = first;
  for (int i = 0; i < length; ++i) {
    slice.boxes.push_back(box);
    box.x += drift_x;
  }
  return slice;
}

Caption cue(align::SpeakerId speaker, Timestamp start, Timestamp end,
            std::vector<std::string> lines = {"Good morning, it is very good",
                                              "to see you again."}) {
  Caption caption;
  caption.span = {start, end};
  caption.speaker = speaker;
  caption.lines = std::move(lines);
  return caption;
}

/// The text's box in pixels, as the header defines placement and size.
align::Box text_box(const Caption& caption, PictureShape picture) {
  const TextSize size;
  int longest = 0;
  for (const std::string& line : caption.lines) longest = std::max(longest, columns(line));
  const auto width = static_cast<float>(longest * size.letter * picture.height);
  const auto line = static_cast<float>(size.line * picture.height);
  const auto height = line * static_cast<float>(caption.lines.size());
  const auto x = static_cast<float>(caption.placement->x * picture.width);
  const auto y = static_cast<float>(caption.placement->y * picture.height);
  return {x - width / 2, y + line / 2 - height, width, height};
}

bool touch(const align::Box& a, const align::Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

void expect_clear(const Caption& caption, const std::vector<align::TrackSlice>& faces,
                  PictureShape picture) {
  const align::Box text = text_box(caption, picture);
  EXPECT_GE(text.x, 0.1F * static_cast<float>(picture.width) - 1);
  EXPECT_LE(text.x + text.width, 0.9F * static_cast<float>(picture.width) + 1);
  EXPECT_GE(text.y, 0.1F * static_cast<float>(picture.height) - 1);
  EXPECT_LE(text.y + text.height, 0.9F * static_cast<float>(picture.height) + 1);
  for (const align::TrackSlice& slice : faces) {
    for (int i = 0; i < slice.length(); ++i) {
      const Timestamp at = token_time(slice.first + i);
      if (at + kTokenPeriod <= caption.span.start || at >= caption.span.end) continue;
      ASSERT_FALSE(touch(text, slice.boxes[static_cast<std::size_t>(i)]))
          << "face of " << slice.speaker << " at tick " << slice.first + i;
    }
  }
}

TEST(Placement, StandsBelowTheFaceOfWhoSpeaks) {
  const std::vector faces = {face(1, 0, 100, {300, 200, 160, 200}),
                             face(2, 0, 100, {800, 180, 160, 210})};
  std::vector captions = {cue(1, seconds(0), seconds(2)), cue(2, seconds(2), seconds(4))};
  place_near_speakers(captions, faces, kPicture);
  ASSERT_TRUE(captions[0].placement && captions[1].placement);
  for (const Caption& caption : captions) expect_clear(caption, faces, kPicture);
  // Within a few squares of the search from below the middle of the face.
  EXPECT_NEAR(text_box(captions[0], kPicture).y, 400, 20);
  EXPECT_NEAR(captions[0].placement->x * 1280, 420, 48);
  EXPECT_NEAR(text_box(captions[1], kPicture).y, 390, 20);
  EXPECT_NEAR(captions[1].placement->x * 1280, 860, 32);
}

TEST(Placement, StandsBesideAFaceThatLeavesNoRoomBelow) {
  const std::vector faces = {face(1, 0, 100, {260, 300, 300, 400})};
  std::vector captions = {cue(1, seconds(0), seconds(2), {"Over here."})};
  place_near_speakers(captions, faces, kPicture);
  ASSERT_TRUE(captions[0].placement);
  expect_clear(captions[0], faces, kPicture);
  const align::Box text = text_box(captions[0], kPicture);
  EXPECT_GE(text.x, 560);
  EXPECT_LT(text.x, 620);
}

TEST(Placement, StaysAtTheBottomForPeopleWhoAreNotSeenOrShareTheCue) {
  const std::vector faces = {face(1, 0, 20, {300, 200, 160, 200}),
                             face(2, 0, 100, {800, 180, 160, 210})};
  std::vector captions = {cue(0, seconds(0), seconds(2)), cue(3, seconds(0), seconds(2)),
                          cue(1, seconds(0), seconds(2)), cue(2, seconds(0), seconds(2))};
  captions[3].line_voices = {{2, "B"}, {1, "A"}};
  place_near_speakers(captions, faces, kPicture);
  // Speaker 1 is seen for 0.8 of 2 s.
  for (const Caption& caption : captions) EXPECT_FALSE(caption.placement);
  captions[2].span.end = milliseconds(1500);
  place_near_speakers(captions, faces, kPicture);
  EXPECT_TRUE(captions[2].placement);
}

TEST(Placement, StaysAtTheBottomWhereFacesLeaveNoRoom) {
  const std::vector faces = {face(1, 0, 100, {40, 40, 1200, 660})};
  std::vector captions = {cue(1, seconds(0), seconds(2))};
  place_near_speakers(captions, faces, kPicture);
  EXPECT_FALSE(captions[0].placement);
  place_near_speakers(captions, faces, {});
  EXPECT_FALSE(captions[0].placement);
}

TEST(Placement, KeepsClearOfFacesThatComeIntoTheCueAndOfThoseThatMove) {
  // One walks through the place below the speaker in the last half second of the cue.
  const std::vector faces = {face(1, 0, 100, {560, 150, 160, 180}),
                             face(2, 38, 12, {300, 330, 150, 180}, 40)};
  std::vector captions = {cue(1, seconds(0), seconds(2)), cue(1, seconds(0), milliseconds(1500))};
  place_near_speakers(captions, faces, kPicture);
  ASSERT_TRUE(captions[0].placement && captions[1].placement);
  expect_clear(captions[0], faces, kPicture);
  expect_clear(captions[1], faces, kPicture);
  EXPECT_NEAR(text_box(captions[1], kPicture).y, 330, 20);
  EXPECT_GT(std::abs(captions[0].placement->y - captions[1].placement->y), 0.05);
}

TEST(Placement, NeverCoversAFaceInRandomScenes) {
  std::mt19937 random(7);
  const auto within = [&](float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random);
  };
  int placed = 0;
  for (int scene = 0; scene < 200; ++scene) {
    const bool is_portrait = scene % 4 == 0;
    const PictureShape picture = is_portrait ? PictureShape{720, 1280} : kPicture;
    std::vector<align::TrackSlice> faces;
    for (align::SpeakerId speaker = 1; speaker <= 1 + scene % 5; ++speaker) {
      const float side = within(40, 260);
      faces.push_back(face(speaker, scene % 30, 60,
                           {within(0, static_cast<float>(picture.width)),
                            within(0, static_cast<float>(picture.height)), side, side * 1.2F},
                           within(-3, 3)));
    }
    std::vector captions = {cue(1, milliseconds(900), milliseconds(2400), {"I was", "there."})};
    place_near_speakers(captions, faces, picture);
    if (!captions[0].placement) continue;
    ++placed;
    expect_clear(captions[0], faces, picture);
  }
  EXPECT_GT(placed, 150);
}

}  // namespace
}  // namespace attune::captions
