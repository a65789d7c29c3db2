#include "nodes/track_numbers.h"

#include <gtest/gtest.h>

#include <utility>

namespace attune::nodes {
namespace {

using align::FaceTrackChunk;
using align::TrackSlice;

/// Faces of a hundred pixels, by track and place from the left.
FaceTrackChunk window(TokenIndex first, std::vector<std::pair<align::TrackId, float>> faces) {
  FaceTrackChunk chunk{.first = first, .length = 25, .tracks = {}};
  for (const auto& [track, x] : faces) {
    TrackSlice& slice = chunk.tracks.emplace_back();
    slice.track = track;
    slice.first = first;
    slice.boxes.assign(25, {x, 50, 100, 100});
  }
  return chunk;
}

std::vector<align::TrackId> ids(const FaceTrackChunk& chunk) {
  std::vector<align::TrackId> ids;
  for (const TrackSlice& slice : chunk.tracks) ids.push_back(slice.track);
  return ids;
}

TEST(TrackNumbers, AFaceOnBothSidesOfASeamIsOneTrack) {
  TrackNumbers numbers;
  numbers.begin_part();
  numbers.add(window(0, {{1, 0}}));
  numbers.add(window(25, {{1, 0}, {2, 300}, {3, 600}}));

  // In the next part the face at the right was found first; that in the middle has gone.
  numbers.begin_part();
  numbers.compare(window(25, {{1, 610}, {4, 5}}));
  numbers.add(window(50, {{1, 612}, {4, 5}, {5, 300}}));
  EXPECT_EQ(numbers.number(1), 3);
  EXPECT_EQ(numbers.number(4), 1);
  EXPECT_EQ(numbers.number(5), 4);
  const FaceTrackChunk joined = numbers.numbered(window(50, {{1, 612}, {4, 5}, {5, 300}}));
  EXPECT_EQ(ids(joined), (std::vector<align::TrackId>{1, 3, 4}));
  EXPECT_EQ(joined.tracks[1].boxes[0].x, 612);
}

TEST(TrackNumbers, TwoFacesNeverBecomeOne) {
  TrackNumbers numbers;
  numbers.begin_part();
  numbers.add(window(0, {{1, 0}}));
  numbers.begin_part();
  numbers.compare(window(0, {{7, 2}, {8, 9}}));
  numbers.add(window(25, {{7, 2}, {8, 9}}));
  EXPECT_EQ(numbers.number(7), 1);
  EXPECT_EQ(numbers.number(8), 2);
}

TEST(TrackNumbers, PartsWithoutFacesInCommonGoOnCounting) {
  TrackNumbers numbers;
  for (int part = 0; part < 3; ++part) {
    numbers.begin_part();
    numbers.add(window(25 * part, {{1, 200.0F * static_cast<float>(part)}}));
    EXPECT_EQ(numbers.number(1), part + 1);
  }
}

}  // namespace
}  // namespace attune::nodes
