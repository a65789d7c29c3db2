#include "live/rolling_webvtt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>

#include "captions/webvtt.h"
#include "core/version.h"
#include "kept_log.h"
#include "sink_events.h"
#include "tests/thrown_error.h"

namespace attune::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The lines before those with times.
std::vector<std::string> identifiers_in(const std::string& vtt) {
  std::vector<std::string> identifiers;
  std::string before;
  for (const std::string& line : lines_of(vtt)) {
    if (line.find("-->") != std::string::npos) identifiers.push_back(before);
    before = line;
  }
  return identifiers;
}

std::vector<std::string> texts_in(const std::filesystem::path& path) {
  std::vector<std::string> texts;
  for (const auto& caption : captions::read_webvtt(content_of(path)).captions)
    texts.push_back(caption.lines.front());
  return texts;
}

TEST(RollingWebvtt, IsWhatBatchWritesOfTheSameCaptions) {
  const auto path = fresh_folder() / "vtt" / "captions.vtt";
  RollingWebvtt vtt({.path = path});
  EXPECT_EQ(content_of(path).substr(0, 7), "WEBVTT\n");
  captions::Result batch;
  batch.attune_version = kVersion;
  for (int i = 1; i <= 3; ++i) {
    const Event event = spoken(i, 2000 * i, 2000 * i + 1500, "a < b & c --> d");
    batch.captions.push_back(*event.caption);
    vtt.take(event);
  }
  EXPECT_EQ(content_of(path), captions::write_webvtt(batch));
}

TEST(RollingWebvtt, TakesFinalCaptionsAlone) {
  const auto path = fresh_folder() / "captions.vtt";
  RollingWebvtt vtt({.path = path});
  vtt.take(spoken(1, 0, 1000, "One", false));
  vtt.take(numbered_event(2));
  EXPECT_THAT(texts_in(path), ElementsAre());
  vtt.take(spoken(1, 0, 1000, "One more."));
  EXPECT_THAT(texts_in(path), ElementsAre("One more."));
}

TEST(RollingWebvtt, OldCaptionsGoAndTheOthersKeepTheirIdentifiers) {
  const auto path = fresh_folder() / "captions.vtt";
  RollingWebvtt vtt({.path = path, .window = seconds(10)});
  for (int i = 1; i <= 8; ++i)
    vtt.take(spoken(i, 4000 * i, 4000 * i + 3000, "Cue " + std::to_string(i)));
  // The last ends at 35 s: the one that ended at 27 s is within ten seconds, that at 23 is not.
  EXPECT_THAT(texts_in(path), ElementsAre("Cue 6", "Cue 7", "Cue 8"));
  EXPECT_THAT(identifiers_in(content_of(path)), ElementsAre("6", "7", "8"));
}

TEST(RollingWebvtt, KeepsNoMoreThanSoMany) {
  const auto path = fresh_folder() / "captions.vtt";
  RollingWebvtt vtt({.path = path, .most_captions = 2});
  for (int i = 1; i <= 5; ++i) vtt.take(spoken(i, i, i + 1, "Cue " + std::to_string(i)));
  EXPECT_THAT(texts_in(path), ElementsAre("Cue 4", "Cue 5"));
  EXPECT_THAT(identifiers_in(content_of(path)), ElementsAre("4", "5"));
}

TEST(RollingWebvtt, AReaderAlwaysFindsAWholeFile) {
  const auto path = fresh_folder() / "captions.vtt";
  RollingWebvtt vtt({.path = path});
  std::atomic<bool> done = false;
  std::thread reader([&] {
    std::size_t cues = 0;
    do {
      const std::string text = content_of(path);
      ASSERT_TRUE(text.starts_with("WEBVTT\n"));
      const auto found = captions::read_webvtt(text).captions;
      ASSERT_GE(found.size(), cues);
      for (const auto& caption : found) ASSERT_EQ(caption.lines.front(), "The end.");
      cues = found.size();
    } while (!done);
  });
  for (int i = 1; i <= 300; ++i) vtt.take(spoken(i, 100 * i, 100 * i + 90, "The end."));
  done = true;
  reader.join();
  EXPECT_EQ(texts_in(path).size(), 300u);
  // Nothing else is left in the folder.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

TEST(RollingWebvtt, IsReadByFfprobe) {
  const auto path = fresh_folder() / "captions.vtt";
  RollingWebvtt vtt({.path = path, .window = seconds(20)});
  for (int i = 1; i <= 12; ++i) vtt.take(spoken(i, 5000 * i, 5000 * i + 2500, "Cue"));
  const std::string command =
      "ffprobe -v error -show_entries packet=pts_time,duration_time -of default=nw=1:nk=1 " +
      path.string();
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  ASSERT_EQ(pclose(pipe), 0);
  EXPECT_THAT(lines_of(text), ElementsAre("45.000000", "2.500000", "50.000000", "2.500000",
                                          "55.000000", "2.500000", "60.000000", "2.500000"));
}

TEST(RollingWebvtt, AFolderThatIsGoneIsSaidOnceAndTriedAgain) {
  const auto folder = fresh_folder();
  const auto path = folder / "vtt" / "captions.vtt";
  const KeptLog said;
  RollingWebvtt vtt({.path = path});
  std::filesystem::remove_all(folder / "vtt");
  vtt.take(spoken(1, 0, 1000, "One"));
  vtt.take(spoken(2, 1000, 2000, "Two"));
  EXPECT_EQ(vtt.output_counts().failures, 2);
  EXPECT_EQ(said.count("cannot be written"), 1) << said.text();
  std::filesystem::create_directories(folder / "vtt");
  vtt.take(spoken(3, 2000, 3000, "Three"));
  EXPECT_THAT(texts_in(path), ElementsAre("One", "Two", "Three"));
  EXPECT_EQ(said.count("is written again"), 1) << said.text();
}

TEST(RollingWebvtt, RefusesAFileThatCannotBeWritten) {
  EXPECT_THAT(
      thrown_error(ErrorKind::kOutput, [] { RollingWebvtt vtt({.path = "/proc/none/a.vtt"}); }),
      HasSubstr("/proc/none/a.vtt"));
}

}  // namespace
}  // namespace attune::live
