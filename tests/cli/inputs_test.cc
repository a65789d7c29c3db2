#include "cli/inputs.h"

#include <gtest/gtest.h>

#include "cli/config_files.h"
#include "core/error.h"
#include "program_runner.h"

namespace attune::cli {
namespace {

TEST(OutputStem, IsTheFileNameWithoutExtension) {
  EXPECT_EQ(output_stem("/films/scene.one.mp4"), "scene.one");
  EXPECT_EQ(output_stem("scene"), "scene");
  EXPECT_EQ(output_stem("https://example.org/live/cam7.m3u8?key=a/b.c"), "cam7");
  EXPECT_EQ(output_stem("https://example.org/"), "attune");
}

TEST(ParseOverrides, SplitsAtTheFirstEqualsSign) {
  const auto overrides = parse_overrides({"a=1", "speakers.1=Anna = A", "empty="});
  EXPECT_EQ(overrides.at("a"), "1");
  EXPECT_EQ(overrides.at("speakers.1"), "Anna = A");
  EXPECT_EQ(overrides.at("empty"), "");
  EXPECT_THROW(parse_overrides({"a"}), Error);
  EXPECT_THROW(parse_overrides({"=a"}), Error);
}

TEST(FindConfig, TakesPathsAsTheyAreAndNamesFromTheFirstFolder) {
  const TemporaryFolder first;
  const TemporaryFolder second;
  first.write("caption.yaml", "");
  second.write("caption.yaml", "");
  second.write("sync.yaml", "");
  const std::vector<std::filesystem::path> folders = {first.path(), second.path()};
  EXPECT_EQ(find_config("caption", folders), first / "caption.yaml");
  EXPECT_EQ(find_config("sync", folders), second / "sync.yaml");
  EXPECT_EQ(find_config("my/own", folders), "my/own");
  EXPECT_EQ(find_config("own.yaml", folders), "own.yaml");
  EXPECT_THROW(find_config("other", folders), Error);
}

}  // namespace
}  // namespace attune::cli
