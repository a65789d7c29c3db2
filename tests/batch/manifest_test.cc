#include "batch/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "core/error.h"
#include "temporary_tree.h"

namespace attune::batch {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Manifest read(const std::string& text, ManifestFormat format = ManifestFormat::kLines,
              const std::string& root = "/media") {
  std::istringstream stream(text);
  return read_manifest(stream, "list.jsonl", root, format);
}

std::vector<std::string> inputs(const Manifest& manifest) {
  std::vector<std::string> inputs;
  for (const Item& item : manifest.items) inputs.push_back(item.input);
  return inputs;
}

/// What is said of a line that is the second of three, of which the others are read.
std::string complaint(const std::string& line) {
  const Manifest manifest = read("first.mp4\n" + line + "\nlast.mp4\n");
  EXPECT_THAT(inputs(manifest), ElementsAre("/media/first.mp4", "/media/last.mp4")) << line;
  if (manifest.rejected.size() != 1) return "";
  EXPECT_EQ(manifest.rejected[0].origin, "list.jsonl:2");
  return manifest.rejected[0].message;
}

TEST(Manifest, ReadsPathsAndAddressesAsTheyStand) {
  const Manifest manifest = read(
      "show/ep1.mp4\n"
      "/elsewhere/a film.mkv\n"
      "https://media.example/ep2.mp4?token=1#t=3\n"
      " blanks around \n"
      "-rf.mp4\n"
      "--output=x.mp4\n"
      "last without line end.mp4");
  EXPECT_TRUE(manifest.rejected.empty());
  EXPECT_THAT(
      inputs(manifest),
      ElementsAre("/media/show/ep1.mp4", "/elsewhere/a film.mkv",
                  "https://media.example/ep2.mp4?token=1#t=3", "/media/ blanks around ",
                  "/media/-rf.mp4", "/media/--output=x.mp4", "/media/last without line end.mp4"));
  EXPECT_EQ(manifest.items[3].origin, "list.jsonl:4");
  EXPECT_TRUE(manifest.items[0].output.empty());
}

TEST(Manifest, SkipsCommentsAndEmptyLinesButCountsThem) {
  const Manifest manifest = read("\xEF\xBB\xBF# made by hand\r\n\r\n \t\r\na.mp4\r\n./#1.mp4\r\n");
  EXPECT_TRUE(manifest.rejected.empty());
  EXPECT_THAT(inputs(manifest), ElementsAre("/media/a.mp4", "/media/./#1.mp4"));
  EXPECT_EQ(manifest.items[0].origin, "list.jsonl:4");
}

TEST(Manifest, ReadsEveryKeyOfAnObject) {
  const Manifest manifest = read(
      R"({"input": "a\nb.mp4", "output": "shows/./first/", "set": {"audio": "deu", "threshold": 0.5,)"
      R"( "faces": false, "formats": ["vtt", "srt"], "speakers": {"1": "Anna", "2": "Bo"}},)"
      R"( "metadata": {"id": 3, "tags": ["x"]}, "duration": 61.25, "chunk": 7})"
      "\n");
  ASSERT_TRUE(manifest.rejected.empty()) << manifest.rejected[0].message;
  ASSERT_EQ(manifest.items.size(), 1U);
  const Item& item = manifest.items[0];
  EXPECT_EQ(item.input, "/media/a\nb.mp4");
  EXPECT_EQ(item.output, "shows/first");
  EXPECT_EQ(item.settings, (pipeline::Overrides{{"audio", "deu"},
                                                {"threshold", "0.5"},
                                                {"faces", "false"},
                                                {"formats", R"(["vtt","srt"])"},
                                                {"speakers.1", "Anna"},
                                                {"speakers.2", "Bo"}}));
  EXPECT_EQ(item.metadata, nlohmann::json::parse(R"({"id": 3, "tags": ["x"]})"));
  EXPECT_EQ(item.duration, from_seconds(61.25));
  EXPECT_EQ(item.chunk, 7);
}

TEST(Manifest, RejectsALineThatIsNoObjectAndReadsTheRest) {
  EXPECT_THAT(complaint(R"({"input": "a.mp4")"),
              AllOf(HasSubstr("is not a JSON object"), HasSubstr("column 18")));
  EXPECT_THAT(complaint("{braces}.mp4"), HasSubstr("'./' before one"));
  EXPECT_THAT(complaint("{}"), HasSubstr("has no 'input'"));
  EXPECT_THAT(complaint(R"({"input": 3})"), HasSubstr("'input' must be a text"));
  EXPECT_THAT(complaint(R"({"input": ""})"), HasSubstr("'input' must be a text"));
  EXPECT_THAT(complaint(R"({"input": "a"} {"input": "b"})"), HasSubstr("is not a JSON object"));
}

TEST(Manifest, NamesTheKeyThatWasProbablyMeant) {
  EXPECT_THAT(complaint(R"({"inptu": "a.mp4"})"),
              AllOf(HasSubstr("no key \"inptu\""), HasSubstr("did you mean 'input'?")));
  EXPECT_THAT(complaint(R"({"input": "a.mp4", "settings": {}})"), HasSubstr("known are input, "));
}

TEST(Manifest, RejectsValuesOfTheWrongKind) {
  const auto with = [](const std::string& rest) {
    return complaint(R"({"input": "a.mp4", )" + rest + "}");
  };
  for (const char* duration : {"0", "-1", "\"5\"", "1e30", "null", "[]"}) {
    EXPECT_THAT(with(std::string("\"duration\": ") + duration), HasSubstr("'duration' must be"));
  }
  for (const char* chunk : {"-1", "1.5", "\"1\"", "3000000000", "null"}) {
    EXPECT_THAT(with(std::string("\"chunk\": ") + chunk), HasSubstr("'chunk' must be"));
  }
  EXPECT_THAT(with(R"("set": ["a=b"])"), HasSubstr("'set' must be an object"));
  EXPECT_THAT(with(R"("set": {"speakers": {"1": null}})"),
              HasSubstr("\"speakers.1\" has no value"));
  EXPECT_THAT(with(R"("metadata": "x")"), HasSubstr("'metadata' must be an object"));
  EXPECT_THAT(with(R"("output": 5)"), HasSubstr("'output' must be a text"));
}

TEST(Manifest, RejectsOutputsThatLeaveTheOutputFolderOrHide) {
  const auto with = [](const std::string& output) {
    return complaint(R"({"input": "a.mp4", "output": ")" + output + "\"}");
  };
  EXPECT_THAT(with("../x"), HasSubstr("climbs out of the output folder"));
  EXPECT_THAT(with("a/../../x"), HasSubstr("climbs out of the output folder"));
  EXPECT_THAT(with("/etc"), HasSubstr("not relative to the output folder"));
  EXPECT_THAT(with("."), HasSubstr("names no folder"));
  EXPECT_THAT(with("a/.."), HasSubstr("names no folder"));
  EXPECT_THAT(with(".attune/work"), HasSubstr("begins with '.'"));
  EXPECT_THAT(with("a\\u0000b"), HasSubstr("zero byte"));
  EXPECT_THAT(with(std::string(256, 'x')), HasSubstr("more than 255 bytes"));
}

TEST(Manifest, RejectsInputsThatClimbOutOfItsFolderUnlessTheyNameTheirOutput) {
  EXPECT_THAT(complaint("../other/a.mp4"), HasSubstr("climbs out of the folder of the list"));
  EXPECT_THAT(complaint("a/../../b.mp4"), HasSubstr("climbs out of the folder of the list"));
  const Manifest manifest = read(R"({"input": "../other/a.mp4", "output": "a"})");
  EXPECT_THAT(inputs(manifest), ElementsAre("/media/../other/a.mp4"));
}

TEST(Manifest, RejectsWhatIsNoUtf8OrHoldsAZeroByte) {
  EXPECT_THAT(complaint("caf\xE9.mp4"), HasSubstr("is not UTF-8 (byte 4)"));
  EXPECT_THAT(complaint("{\"input\": \"caf\xE9.mp4\"}"), HasSubstr("is not UTF-8 (byte 15)"));
  EXPECT_THAT(complaint(std::string("a\0b.mp4", 7)), HasSubstr("--from0"));
  EXPECT_THAT(complaint(R"({"input": "a\u0000b"})"), HasSubstr("zero byte"));
  EXPECT_THAT(complaint("-"), HasSubstr("'-' is no recording"));
}

TEST(Manifest, BoundsTheLengthOfALine) {
  EXPECT_THAT(complaint(std::string(kLongestManifestLine + 1, 'x')), HasSubstr("is longer than"));
  EXPECT_THAT(complaint(std::string(5 * kLongestManifestLine, 'x')), HasSubstr("is longer than"));
  const std::string longest(kLongestManifestLine, 'x');
  EXPECT_THAT(inputs(read(longest + "\nb")), ElementsAre("/media/" + longest, "/media/b"));
  const Manifest unended = read("a\n" + longest + "x");
  EXPECT_THAT(inputs(unended), ElementsAre("/media/a"));
  EXPECT_EQ(unended.rejected.size(), 1U);
}

TEST(Manifest, BoundsTheDepthOfAnObject) {
  const std::string deep(200000, '[');
  EXPECT_THAT(complaint(R"({"input": "a", "metadata": {"a": )" + deep), HasSubstr("nested deeper"));
  EXPECT_THAT(complaint(R"({"input": "a", "set": {"a": )" + deep), HasSubstr("nested deeper"));
}

TEST(Manifest, OfNamesEndedByZeroBytesTakesThemAsTheyAre) {
  const Manifest manifest =
      read(std::string("a\nb.mp4\0#1.mp4\0{x}.mp4\0\0c.mp4", 30), ManifestFormat::kNullSeparated);
  EXPECT_TRUE(manifest.rejected.empty());
  EXPECT_THAT(inputs(manifest),
              ElementsAre("/media/a\nb.mp4", "/media/#1.mp4", "/media/{x}.mp4", "/media/c.mp4"));
}

TEST(Manifest, OfAFileIsRelativeToItsFolder) {
  const TemporaryTree tree;
  const Manifest manifest = read_manifest(tree.write("lists/today.txt", "a.mp4\n"));
  EXPECT_THAT(inputs(manifest), ElementsAre(tree / "lists/a.mp4"));
  EXPECT_EQ(manifest.items[0].origin, tree / "lists/today.txt" + ":1");
}

TEST(Manifest, ThatCannotBeReadIsAnError) {
  const TemporaryTree tree;
  for (const std::string& file : {tree / "missing.txt", tree.path().string()}) {
    try {
      read_manifest(file);
      ADD_FAILURE() << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInput);
      EXPECT_THAT(error.what(), HasSubstr(file));
    }
  }
}

TEST(Manifest, WrittenIsReadBackTheSame) {
  Item item;
  item.input = "/archive/line\nbreak \"quoted\" é.mp4";
  item.output = "a/b";
  item.settings = {{"audio", "deu"}, {"speakers.1", "Anna = B"}};
  item.metadata = {{"id", 1}, {"title", "Ünïcode"}};
  item.duration = from_seconds(12.345);
  item.chunk = 3;
  Item plain;
  plain.input = "https://media.example/a.mp4";
  plain.output = "media.example/a.mp4";
  const Manifest manifest = read(to_manifest({item, plain}), ManifestFormat::kLines, "/other");
  ASSERT_EQ(manifest.items.size(), 2U);
  EXPECT_EQ(manifest.items[0].input, item.input);
  EXPECT_EQ(manifest.items[0].output, item.output);
  EXPECT_EQ(manifest.items[0].settings, item.settings);
  EXPECT_EQ(manifest.items[0].metadata, item.metadata);
  EXPECT_EQ(manifest.items[0].duration, item.duration);
  EXPECT_EQ(manifest.items[0].chunk, item.chunk);
  EXPECT_EQ(manifest.items[1].input, plain.input);
  EXPECT_EQ(manifest.items[1].output, plain.output);
  EXPECT_TRUE(manifest.items[1].metadata.is_null());
  EXPECT_FALSE(manifest.items[1].duration);
  EXPECT_FALSE(manifest.items[1].chunk);
}

}  // namespace
}  // namespace attune::batch
