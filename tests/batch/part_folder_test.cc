#include "batch/part_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "batch/divided_item.h"
#include "temporary_tree.h"

namespace attune::batch {
namespace {

namespace fs = std::filesystem;

class PartFolderTest : public testing::Test {
 protected:
  PartFolder parts(const std::string& key) const { return {folder_, "show/ep1.mp4", key}; }

  void publish(const std::string& key, const PartNumber& part) const {
    const fs::path work = tree_.path() / "work";
    fs::create_directories(work);
    std::ofstream(work / "ep1.part") << key << part.index;
    parts(key).publish(work, part);
    EXPECT_TRUE(fs::is_empty(work));
  }

  TemporaryTree tree_;
  BatchFolder folder_{tree_.path() / "out"};
};

TEST_F(PartFolderTest, SaysHowManyPartsThereAreAndWhichAreDone) {
  EXPECT_FALSE(parts("a").count());
  publish("a", {2, 12});
  EXPECT_EQ(parts("a").count(), 12);
  EXPECT_TRUE(parts("a").has({2, 12}));
  EXPECT_FALSE(parts("a").has({1, 12}));
  EXPECT_FALSE(parts("a").has({2, 11}));
  EXPECT_EQ(parts("a").file({2, 12}).filename(), "3-of-12.part");
}

TEST_F(PartFolderTest, PartsOfOtherSettingsGo) {
  publish("a", {0, 2});
  publish("b", {0, 3});
  EXPECT_FALSE(parts("a").count());
  EXPECT_EQ(parts("b").count(), 3);
}

TEST_F(PartFolderTest, NothingIsLeftOfPartsThatAreNotWanted) {
  publish("a", {0, 2});
  parts("b").remove();
  EXPECT_FALSE(fs::exists(folder_.state() / "parts"));
}

TEST_F(PartFolderTest, AnItemGoesOnWithThePartsThatAreMissing) {
  publish("a", {1, 3});
  DividedItem item(parts("a"), 3, std::nullopt);
  ASSERT_EQ(item.missing().size(), 2u);
  EXPECT_EQ(item.missing()[0].index, 0);
  EXPECT_EQ(item.missing()[1].index, 2);

  Record part;
  part.wall = std::chrono::seconds(10);
  part.media = std::chrono::seconds(60);
  part.peak_memory_bytes = 300;
  part.attempts = 2;
  for (const int index : {0, 2}) {
    const fs::path work = tree_.path() / "work";
    fs::create_directories(work);
    std::ofstream(work / "ep1.part") << index;
    item.publish(work, {index, 3}, part);
  }
  EXPECT_TRUE(item.missing().empty());
  EXPECT_EQ(item.media(), std::chrono::seconds(120));
  Record joined;
  joined.wall = std::chrono::seconds(1);
  joined.peak_memory_bytes = 500;
  item.add_to(joined);
  EXPECT_EQ(joined.wall, std::chrono::seconds(21));
  EXPECT_EQ(joined.peak_memory_bytes, 500u);
  EXPECT_EQ(joined.attempts, 2);
}

TEST(PartsKey, StandsForAllThatAPartDependsOn) {
  const InputState state{5, 7};
  const std::string key = parts_key("settings", state, std::chrono::minutes(1));
  EXPECT_EQ(key, parts_key("settings", state, std::chrono::minutes(1)));
  EXPECT_NE(key, parts_key("other", state, std::chrono::minutes(1)));
  EXPECT_NE(key, parts_key("settings", InputState{6, 7}, std::chrono::minutes(1)));
  EXPECT_NE(key, parts_key("settings", InputState{5, 8}, std::chrono::minutes(1)));
  EXPECT_NE(key, parts_key("settings", state, std::chrono::minutes(2)));
}

}  // namespace
}  // namespace attune::batch
