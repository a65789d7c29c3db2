#include "align/face_tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

namespace attune::align {
namespace {

Face face_at(float x, float y, float size = 100, float score = 0.9f) {
  Face face;
  face.box = {x - size / 2, y - size / 2, size, size};
  for (std::size_t i = 0; i < 5; ++i) face.landmarks[i] = {x + static_cast<float>(i), y};
  face.score = score;
  return face;
}

constexpr int kPeriod = 4;

/// All windows of a recording of `ticks` ticks in which `faces(tick)` is detected.
template <class Faces>
std::vector<FaceTrackChunk> track(int ticks, const Faces& faces, const std::set<int>& cuts = {}) {
  FaceTracker tracker;
  std::vector<FaceTrackChunk> chunks;
  TokenIndex next = 0;
  for (int tick = 0; tick < ticks; ++tick) {
    if (cuts.count(tick)) tracker.cut(tick);
    if (tick % kPeriod == 0) tracker.push(tick, faces(tick));
    if (tick >= next + 25 + tracker.latency()) {
      chunks.push_back(tracker.take(next, 25));
      next += 25;
    }
  }
  tracker.finish();
  for (; next < ticks; next += 25) chunks.push_back(tracker.take(next, 25));
  return chunks;
}

/// The same as it is given out live: windows of five ticks, each as soon as hold_after allows.
template <class Faces>
std::vector<FaceTrackChunk> track_live(int ticks, int period, const Faces& faces,
                                       int most_tracks_from = -1) {
  FaceTracker tracker({.maximum_gap = 18, .minimum_detections = 2, .hold_after = 4});
  std::vector<FaceTrackChunk> chunks;
  TokenIndex next = 0;
  for (int tick = 0; tick < ticks; ++tick) {
    if (tick == most_tracks_from) tracker.set_most_tracks(1);
    if (tick % period == 0) tracker.push(tick, faces(tick));
    if (tick >= next + 5 + tracker.latency()) {
      chunks.push_back(tracker.take(next, 5));
      next += 5;
    }
  }
  return chunks;
}

/// The ticks at which each track was given out, which follow each other without a gap, and how
/// often its end was told.
struct GivenTrack {
  TokenIndex first = 0;
  TokenIndex end = 0;
  int ends = 0;
};
std::map<TrackId, GivenTrack> given(const std::vector<FaceTrackChunk>& chunks) {
  std::map<TrackId, GivenTrack> tracks;
  for (const auto& chunk : chunks)
    for (const auto& slice : chunk.tracks) {
      const auto [known, is_new] =
          tracks.try_emplace(slice.track, GivenTrack{slice.first, slice.first, 0});
      if (slice.length() > 0) {
        EXPECT_EQ(slice.first, known->second.end);
      }
      EXPECT_EQ(known->second.ends, 0) << "after its end";
      known->second.end += slice.length();
      known->second.ends += slice.ends;
    }
  return tracks;
}

TEST(FaceTrackerLive, KeepsAFaceThatIsLookedForMoreRarely) {
  for (const int period : {4, 8, 16}) {
    const auto tracks =
        given(track_live(200, period, [](int) { return std::vector{face_at(200, 300)}; }));
    ASSERT_EQ(tracks.size(), 1U) << period;
    EXPECT_GE(tracks.begin()->second.end, 190);
  }
}

TEST(FaceTrackerLive, AFaceThatGoesAwayIsHeldForTheGapAndThenItsEndIsTold) {
  const auto tracks = given(track_live(200, 4, [](int tick) {
    return tick < 100 ? std::vector{face_at(200, 300)} : std::vector<Face>{};
  }));
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks.begin()->second.ends, 1);
  EXPECT_GE(tracks.begin()->second.end, 97);
  EXPECT_LE(tracks.begin()->second.end, 97 + 18 + 5);
}

TEST(FaceTrackerLive, TellsTheEndAlsoWhereFacesAreNotLookedForAnyMore) {
  FaceTracker tracker({.maximum_gap = 18, .minimum_detections = 2, .hold_after = 4});
  for (int tick = 0; tick <= 40; tick += 4) tracker.push(tick, {face_at(200, 300)});
  std::vector<FaceTrackChunk> chunks;
  for (TokenIndex next = 0; next < 100; next += 5) chunks.push_back(tracker.take(next, 5));
  const auto tracks = given(chunks);
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks.begin()->second.ends, 1);
}

TEST(FaceTrackerLive, FollowsTheLargestFaceAloneWhereItMayNotFollowMore) {
  const auto chunks = track_live(
      200, 4,
      [](int) {
        return std::vector{face_at(200, 300, 80), face_at(600, 300, 160)};
      },
      100);
  const auto tracks = given(chunks);
  ASSERT_EQ(tracks.size(), 2U);
  for (const auto& slice : chunks.back().tracks) EXPECT_NEAR(slice.boxes.front().width, 160, 1);
  int ended = 0;
  for (const auto& [id, track] : tracks) ended += track.ends;
  EXPECT_EQ(ended, 1);
}

std::set<TrackId> ids(const std::vector<FaceTrackChunk>& chunks) {
  std::set<TrackId> found;
  for (const auto& chunk : chunks)
    for (const auto& slice : chunk.tracks) found.insert(slice.track);
  return found;
}

TEST(FaceTracker, FollowsASteadilyMovingFaceWithoutBias) {
  const auto chunks =
      track(200, [](int tick) { return std::vector{face_at(200 + 3.0f * tick, 300)}; });
  ASSERT_EQ(ids(chunks).size(), 1u);
  int ticks = 0;
  for (const auto& chunk : chunks)
    for (const auto& slice : chunk.tracks)
      for (int i = 0; i < slice.length(); ++i, ++ticks) {
        const TokenIndex tick = slice.first + i;
        if (tick < 7 || tick > 189) continue;
        EXPECT_NEAR(slice.boxes[static_cast<std::size_t>(i)].center().x, 200 + 3.0f * tick, 0.01);
        EXPECT_NEAR(slice.landmarks[static_cast<std::size_t>(i)][2].x, 202 + 3.0f * tick, 0.01);
      }
  EXPECT_EQ(ticks, 197) << "from the first detection to the last";
  EXPECT_TRUE(chunks.front().tracks[0].begins);
  EXPECT_TRUE(chunks.back().tracks[0].ends);
}

TEST(FaceTracker, KeepsOnePersonPerTrackWhenTwoFacesPass) {
  const auto chunks = track(150, [](int tick) {
    return std::vector{face_at(100 + 4.0f * tick, 300), face_at(700 - 4.0f * tick, 360)};
  });
  ASSERT_EQ(ids(chunks).size(), 2u);
  for (const auto& slice : chunks.back().tracks)
    EXPECT_NEAR(slice.boxes.back().center().y, slice.track == 1 ? 300 : 360, 1);
}

TEST(FaceTracker, NeverCrossesACut) {
  const auto chunks = track(200, [](int) { return std::vector{face_at(300, 300)}; }, {100});
  ASSERT_EQ(ids(chunks).size(), 2u);
  for (const auto& chunk : chunks)
    for (const auto& slice : chunk.tracks) {
      if (slice.track == 1) {
        EXPECT_LE(slice.first + slice.length(), 100);
      } else {
        EXPECT_GE(slice.first, 100);
      }
    }
}

TEST(FaceTracker, BridgesShortGapsAndDropsFalseAlarms) {
  const auto chunks = track(200, [](int tick) {
    std::vector<Face> faces;
    if (tick < 80 || tick >= 88) faces.push_back(face_at(300, 300));
    if (tick == 40) faces.push_back(face_at(800, 100));
    return faces;
  });
  EXPECT_EQ(ids(chunks), (std::set<TrackId>{1}));
}

TEST(FaceTracker, PartsOfAFaceAreNoFaces) {
  const auto chunks = track(100, [](int) {
    return std::vector{face_at(310, 310, 50, 0.7f), face_at(300, 300, 100, 0.9f)};
  });
  ASSERT_EQ(ids(chunks), (std::set<TrackId>{1}));
  EXPECT_NEAR(chunks[0].tracks[0].boxes[0].width, 100, 0.1);
}

TEST(FaceTracker, WindowsTileTheRecording) {
  const auto chunks = track(130, [](int) { return std::vector<Face>{}; });
  TokenIndex next = 0;
  for (const auto& chunk : chunks) {
    EXPECT_EQ(chunk.first, next);
    EXPECT_TRUE(chunk.tracks.empty());
    next += chunk.length;
  }
  EXPECT_GE(next, 130);
}

TEST(FaceTracker, SmoothingTakesOutDetectorJitter) {
  std::mt19937 random(7);
  std::normal_distribution<float> jitter(0, 4);
  const auto chunks =
      track(400, [&](int) { return std::vector{face_at(300 + jitter(random), 300)}; });
  double sum = 0;
  int count = 0;
  for (const auto& chunk : chunks)
    for (const auto& slice : chunk.tracks)
      for (const Box& box : slice.boxes) {
        sum += std::pow(box.center().x - 300, 2);
        ++count;
      }
  EXPECT_LT(std::sqrt(sum / count), 3.0);
}

TEST(Iou, KnownOverlaps) {
  EXPECT_FLOAT_EQ(iou({0, 0, 10, 10}, {0, 0, 10, 10}), 1);
  EXPECT_FLOAT_EQ(iou({0, 0, 10, 10}, {5, 0, 10, 10}), 50.0f / 150);
  EXPECT_FLOAT_EQ(iou({0, 0, 10, 10}, {10, 0, 10, 10}), 0);
}

}  // namespace
}  // namespace attune::align
