#include "nodes/part_file.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

namespace fs = std::filesystem;
using pipeline::Packet;
using std::chrono::seconds;

class PartFileTest : public testing::Test {
 protected:
  ~PartFileTest() override { fs::remove(file_); }

  void write() const {
    PartWriter writer(file_,
                      {"hash", {"words.words", "cuts.cuts"}, {seconds(2), Timestamp::max()}});
    WordList list;
    list.words.push_back({{seconds(3), seconds(4)}, "Grüße", 0.5F, 0});
    writer.add(0, Packet::data({seconds(3), seconds(4)}, list));
    writer.add(1, Packet::data({seconds(5), seconds(5)}, align::ShotCut{125, 7}));
    writer.finish({{"captioner", {"whisper", "abc"}}});
  }

  fs::path file_ = fs::temp_directory_path() / ("attune-part-" + std::to_string(::getpid()));
};

TEST_F(PartFileTest, ReadsBackWhatWasWritten) {
  write();
  PartReader reader(file_);
  EXPECT_EQ(reader.description().pipeline_hash, "hash");
  EXPECT_EQ(reader.description().outputs, (std::vector<std::string>{"words.words", "cuts.cuts"}));
  EXPECT_EQ(reader.description().span, (TimeSpan{seconds(2), Timestamp::max()}));
  EXPECT_EQ(reader.models().at("captioner").sha256, "abc");
  for (int pass = 0; pass < 2; ++pass) {
    const auto words = reader.next();
    ASSERT_TRUE(words);
    EXPECT_EQ(words->output, 0u);
    const Packet packet = words->load(pipeline::payload_type<WordList>());
    EXPECT_EQ(packet.span(), (TimeSpan{seconds(3), seconds(4)}));
    EXPECT_EQ(packet.get<WordList>().words.at(0).text, "Grüße");
    EXPECT_EQ(packet.get<WordList>().words.at(0).span.end, seconds(4));
    const auto cut = reader.next();
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->load(pipeline::payload_type<align::ShotCut>()).get<align::ShotCut>().tick, 125);
    EXPECT_FALSE(reader.next());
    reader.rewind();
  }
}

TEST_F(PartFileTest, CutShortAnywhereItIsRefused) {
  write();
  const auto size = fs::file_size(file_);
  for (std::uintmax_t length = size; length-- > 0;) {
    fs::resize_file(file_, length);
    try {
      const PartReader reader(file_);
      FAIL() << length << " bytes of " << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_NE(std::string(error.what()).find(file_.string()), std::string::npos);
    }
  }
}

TEST_F(PartFileTest, AFullDiskIsTold) {
  EXPECT_THROW(PartWriter("/dev/full", {"", {std::string(100000, 'x')}, {}}), Error);
  EXPECT_THROW(PartWriter("/nowhere/a.part", {}), Error);
}

}  // namespace
}  // namespace attune::nodes
