#include "nodes/token_seam.h"

#include <gtest/gtest.h>

namespace attune::nodes {
namespace {

/// Tokens of two numbers, both the tick.
FaceTokenWindow::Track tokens(align::TrackId id, TokenIndex first, TokenIndex end) {
  FaceTokenWindow::Track track{id, {.first = first, .tokens{}, .motion{}}};
  for (TokenIndex tick = first; tick < end; ++tick) {
    track.tokens.tokens.insert(track.tokens.tokens.end(), 2, static_cast<float>(tick));
    track.tokens.motion.push_back(static_cast<float>(tick));
  }
  return track;
}

TrackNumbers one_face(align::TrackId local) {
  TrackNumbers numbers;
  numbers.begin_part();
  align::FaceTrackChunk window{.first = 0, .length = 25, .tracks = {}};
  window.tracks.emplace_back().track = local;
  numbers.add(window);
  return numbers;
}

TEST(TokenSeam, EveryTickHasOneTokenWhateverTheLags) {
  constexpr TokenIndex kSeam = 50;
  TokenSeam seam;
  // The part before gave tokens up to 41 with its own windows, the next has its own from 37 on.
  seam.keep_late({50, 25, 75, {tokens(1, 41, 63)}}, kSeam, one_face(1));
  seam.keep_late({75, 25, 100, {tokens(1, 63, 90)}}, kSeam, one_face(1));
  const FaceTokenWindow joined = seam.join({50, 25, 70, {tokens(9, 37, 68)}}, kSeam, one_face(9));
  ASSERT_EQ(joined.tracks.size(), 1u);
  const models::FaceTokens& all = joined.tracks[0].tokens;
  EXPECT_EQ(joined.tracks[0].id, 1);
  EXPECT_EQ(all.first, 41);
  EXPECT_EQ(all.end(), 68);
  ASSERT_EQ(all.tokens.size(), 2u * 27);
  for (TokenIndex tick = 41; tick < 68; ++tick) {
    EXPECT_EQ(all.motion[static_cast<std::size_t>(tick - 41)], static_cast<float>(tick));
    EXPECT_EQ(all.tokens[static_cast<std::size_t>(2 * (tick - 41) + 1)], static_cast<float>(tick));
  }
  // What was kept is given once.
  EXPECT_TRUE(seam.join({75, 25, 100, {}}, kSeam, one_face(9)).tracks.empty());
}

TEST(TokenSeam, TokensBeforeThePartAreLeftOut) {
  TokenSeam seam;
  EXPECT_TRUE(seam.join({50, 25, 70, {tokens(1, 30, 50)}}, 50, one_face(1)).tracks.empty());
}

}  // namespace
}  // namespace attune::nodes
