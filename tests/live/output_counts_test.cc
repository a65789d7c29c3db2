#include <gtest/gtest.h>

#include "core/error.h"
#include "live/feed_place.h"
#include "live/json_log.h"
#include "live/rolling_webvtt.h"
#include "tests/live/sink_events.h"

namespace attune::live {
namespace {

TEST(OutputCountsTest, AFeedsPlaceKnowsTheOutputsThatItKeeps) {
  const FeedPlace place("studio", fresh_folder(), {});
  EXPECT_TRUE(place.outputs().empty());
  place.keep<int>("number", "", [] { return std::make_shared<int>(1); });
  EXPECT_TRUE(place.outputs().empty()) << "what counts nothing is no output";
  const std::string path = place.path("events.jsonl").string();
  const auto make = [&] { return std::make_shared<JsonLog>(JsonLogOptions{.path = path}); };
  const auto log = place.keep<JsonLog>(path, "", make);
  log->take(numbered_event(1));
  log->take(numbered_event(2));
  ASSERT_EQ(place.outputs().size(), 1U);
  EXPECT_EQ(place.outputs()[0].first, path);
  EXPECT_EQ(place.outputs()[0].second.kind, "file");
  EXPECT_EQ(place.outputs()[0].second.written, 2);
  EXPECT_EQ(place.outputs()[0].second.lost, 0);
  // A graph that is built anew finds the same one, whose counts go on.
  place.keep<JsonLog>(path, "", make)->take(numbered_event(3));
  ASSERT_EQ(place.outputs().size(), 1U);
  EXPECT_EQ(place.outputs()[0].second.written, 3);
  // Other settings, another output: counts begin anew.
  place.keep<JsonLog>(path, "other", make);
  ASSERT_EQ(place.outputs().size(), 1U);
  EXPECT_EQ(place.outputs()[0].second.written, 0);
}

TEST(OutputCountsTest, AGraphThatDoesWithoutAnOutputRetiresIt) {
  struct Output : CountedOutput {
    OutputCounts output_counts() const override { return {}; }
    void retire() override { *is_retired = true; }
    std::shared_ptr<bool> is_retired = std::make_shared<bool>(false);
  };
  const FeedPlace place("studio", fresh_folder(), {});
  const auto make = [] { return std::make_shared<Output>(); };
  place.begin_graph();
  const auto stays = place.keep<Output>("stays", "", make)->is_retired;
  const auto goes = place.keep<Output>("goes", "", make)->is_retired;
  place.retire_unused();
  EXPECT_EQ(place.outputs().size(), 2u);
  place.begin_graph();
  place.keep<Output>("stays", "", make);
  EXPECT_FALSE(*goes) << "not before the new graph has all of its own";
  place.retire_unused();
  EXPECT_TRUE(*goes);
  EXPECT_FALSE(*stays);
  EXPECT_EQ(place.outputs().size(), 1u);
}

TEST(FeedPlaceTest, AConfinedFeedWritesIntoItsFolderAlone) {
  const FeedPlace free("studio", "/srv/studio", {});
  EXPECT_EQ(free.path("/tmp/x"), "/tmp/x");
  const FeedPlace confined("studio", "/srv/studio", {}, true);
  EXPECT_EQ(confined.path("hls/x"), "/srv/studio/hls/x");
  EXPECT_EQ(confined.path("a..b"), "/srv/studio/a..b");
  for (const char* path : {"/tmp/x", "../x", "hls/../../x", ".."})
    EXPECT_THROW(confined.path(path), Error) << path;
}

TEST(OutputCountsTest, CaptionsAreWrittenWhenTheFileHasThem) {
  const auto folder = fresh_folder();
  RollingWebvtt vtt({.path = folder / "vtt" / "captions.vtt"});
  vtt.take(spoken(1, 0, 1000, "One"));
  EXPECT_EQ(vtt.output_counts().written, 1);
  std::filesystem::remove_all(folder / "vtt");
  vtt.take(spoken(2, 1000, 2000, "Two"));
  EXPECT_EQ(vtt.output_counts().written, 1);
  EXPECT_EQ(vtt.output_counts().failures, 1);
  std::filesystem::create_directories(folder / "vtt");
  vtt.take(spoken(3, 2000, 3000, "Three"));
  EXPECT_EQ(vtt.output_counts().written, 3);
}

}  // namespace
}  // namespace attune::live
