#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../media/media_files.h"
#include "program_runner.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using media::ffmpeg;
using media::ffprobe;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* kVtt =
    "WEBVTT\n\n"
    "00:00:00.480 --> 00:00:01.200\n<v Anna>Good morning &amp; welcome.</v>\n\n"
    "00:00:01.240 --> 00:00:02.000\n<v Anna>It is <i>cold</i>\ntoday.</v>\n\n"
    "00:00:02.520 --> 00:00:03.010\n<v Bert>Snow!</v>\n";

/// Start and end of the cues above, in seconds.
const std::vector<std::pair<double, double>> kCueTimes = {
    {0.480, 1.200}, {1.240, 2.000}, {2.520, 3.010}};

class EmbedTest : public ::testing::Test {
 protected:
  EmbedTest() { vtt_ = folder_.write("captions.vtt", kVtt); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  ProgramResult embed(const std::string& arguments, const std::string& before = "") const {
    return run_shell("embed " + arguments, before);
  }

  /// 4 s of picture with reordered frames and sound, a German text track, chapters, a title and an
  /// attachment.
  std::string rich_recording() const {
    folder_.write("old.srt", "1\n00:00:01,000 --> 00:00:02,000\nGuten Morgen\n");
    folder_.write("chapters.txt",
                  ";FFMETADATA1\ntitle=The weather\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\n"
                  "title=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=Two\n");
    folder_.write("note.txt", "attached");
    const std::string file = path("rich.mkv");
    ffmpeg("-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4 -i " + path("old.srt") +
           " -i " + path("chapters.txt") +
           " -map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 -c:v libx264 -bf 2 -c:a aac"
           " -c:s srt -metadata:s:s:0 language=deu -disposition:s:0 default"
           " -metadata:s:a:0 language=eng -attach " +
           path("note.txt") + " -metadata:s:t mimetype=text/plain " + file);
    return file;
  }

  std::string simple_recording(const std::string& name = "simple.mp4") const {
    ffmpeg(
        "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4 -c:v libx264 -bf 2 "
        "-c:a aac " +
        path(name));
    return path(name);
  }

  /// Packets of the streams as stored, with their times: lines of FFmpeg's framemd5.
  std::string packets(const std::string& file, const std::string& maps) const {
    ffmpeg("-copyts -i " + file + " " + maps + " -c copy -f framemd5 " + path("packets.txt"));
    return read_text(folder_ / "packets.txt");
  }

  /// Start and end of the cues that a text track shows, by ffprobe; empty samples left out.
  static std::vector<std::pair<double, double>> cue_times(const std::string& file,
                                                          const std::string& stream,
                                                          int shortest = 3) {
    std::vector<std::pair<double, double>> times;
    const json probed = ffprobe("-select_streams " + stream + " -show_packets " + file);
    for (const json& packet : probed.at("packets")) {
      if (std::stoi(packet.at("size").get<std::string>()) < shortest ||
          !packet.contains("duration_time"))
        continue;
      const double start = std::stod(packet.at("pts_time").get<std::string>());
      times.emplace_back(start, start + std::stod(packet.at("duration_time").get<std::string>()));
    }
    return times;
  }

  static void expect_cues(const std::string& file, const std::string& stream, double start = 0) {
    const auto times = cue_times(file, stream);
    ASSERT_EQ(times.size(), kCueTimes.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      EXPECT_NEAR(times[i].first, start + kCueTimes[i].first, 0.001) << i;
      EXPECT_NEAR(times[i].second, start + kCueTimes[i].second, 0.001) << i;
    }
  }

  std::string shown_text(const std::string& file, const std::string& stream) const {
    ffmpeg("-i " + file + " -map 0:" + stream + " -f srt " + path("shown.srt"));
    std::string text = read_text(folder_ / "shown.srt");
    std::erase(text, '\r');
    return text;
  }

  static json stream_of(const std::string& file, const std::string& stream) {
    return ffprobe("-select_streams " + stream + " -show_streams " + file).at("streams").at(0);
  }

  static double start_time(const std::string& file) {
    return std::stod(ffprobe("-show_format " + file)["format"]["start_time"].get<std::string>());
  }

  /// Names of the files in the folder, hidden ones too.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  TemporaryFolder folder_;
  fs::path vtt_;
};

TEST_F(EmbedTest, ATrackInMatroskaLeavesEverythingElseAsItWas) {
  const std::string source = rich_recording();
  const std::string made = path("made.mkv");
  const ProgramResult result = embed(source + " " + vtt_.string() + " -o " + made);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, made + "\n");

  const std::string maps = "-map 0:0 -map 0:1 -map 0:2";
  EXPECT_EQ(packets(made, maps), packets(source, maps));
  const json before = ffprobe("-show_format -show_chapters -show_streams " + source);
  const json after = ffprobe("-show_format -show_chapters -show_streams " + made);
  EXPECT_EQ(after["chapters"].size(), 2U);
  EXPECT_EQ(after["chapters"][1]["tags"], before["chapters"][1]["tags"]);
  EXPECT_EQ(after["chapters"][1]["start_time"], before["chapters"][1]["start_time"]);
  EXPECT_EQ(after["format"]["tags"]["title"], "The weather");
  ASSERT_EQ(after["streams"].size(), 5U);
  EXPECT_EQ(after["streams"][4]["codec_type"], "attachment");
  EXPECT_EQ(after["streams"][4]["tags"]["filename"], "note.txt");

  const json text = stream_of(made, "s:1");
  EXPECT_EQ(text["codec_name"], "subrip");
  EXPECT_EQ(text["tags"]["language"], "eng") << "that of the sound";
  EXPECT_EQ(text["disposition"]["default"], 1);
  EXPECT_EQ(stream_of(made, "s:0")["disposition"]["default"], 0);
  EXPECT_EQ(stream_of(made, "s:0")["tags"]["language"], "deu");
  // FFmpeg 7 lets a recording begin with what its AAC encoder needs to settle, before 0.
  expect_cues(made, "s:1", start_time(source));
  const std::string shown = shown_text(made, "s:1");
  EXPECT_THAT(shown, HasSubstr("Anna: Good morning & welcome.\n"));
  EXPECT_THAT(shown, HasSubstr("\nIt is cold\ntoday.\n"));
  EXPECT_THAT(shown, HasSubstr("Bert: Snow!\n"));
}

TEST_F(EmbedTest, TheSameCopyIsTheSameFile) {
  const std::string source = simple_recording();
  for (const char* name : {"a.mkv", "b.mkv"})
    ASSERT_EQ(embed(source + " " + vtt_.string() + " -o " + path(name)).code, 0);
  EXPECT_EQ(read_text(folder_ / "a.mkv"), read_text(folder_ / "b.mkv"));
}

TEST_F(EmbedTest, ATrackInMp4IsTimedTextOfTheLanguageAsked) {
  const std::string source = simple_recording();
  for (const char* name : {"made.mp4", "made.mov"}) {
    SCOPED_TRACE(name);
    const std::string made = path(name);
    const ProgramResult result =
        embed(source + " " + vtt_.string() + " -o " + made + " --language de-AT --title Wetter");
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(packets(made, "-map 0:v -map 0:a"), packets(source, "-map 0:v -map 0:a"));
    const json text = stream_of(made, "s:0");
    EXPECT_EQ(text["codec_name"], "mov_text");
    // Two codes of ISO 639-2 mean German.
    EXPECT_THAT(text["tags"]["language"].get<std::string>(), ::testing::AnyOf("deu", "ger"));
    EXPECT_EQ(text["tags"]["handler_name"], "Wetter");
    EXPECT_EQ(text["disposition"]["default"], 1);
    expect_cues(made, "s:0");
    // Samples of such a track follow each other without a gap or an overlap.
    const auto samples = cue_times(made, "s:0", 0);
    EXPECT_EQ(samples.size(), 6U);
    for (std::size_t i = 1; i < samples.size(); ++i)
      EXPECT_NEAR(samples[i].first, samples[i - 1].second, 1e-6) << i;
    EXPECT_THAT(shown_text(made, "s:0"), HasSubstr("Anna: Good morning & welcome."));
  }
}

TEST_F(EmbedTest, ChaptersOfMp4AndItsOlderTextTracksAreKept) {
  const std::string rich = rich_recording();
  const std::string source = path("rich.mp4");
  ffmpeg("-i " + rich + " -map 0:v -map 0:a -map 0:s -c:v copy -c:a copy -c:s mov_text " + source);
  const std::string made = path("made.mp4");
  const ProgramResult result = embed(source + " " + vtt_.string() + " -o " + made);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "") << "no track is left out";
  const json after = ffprobe("-show_chapters -show_format " + made);
  ASSERT_EQ(after["chapters"].size(), 2U);
  EXPECT_EQ(after["chapters"][0]["tags"]["title"], "One");
  EXPECT_EQ(after["format"]["tags"]["title"], "The weather");
  EXPECT_THAT(shown_text(made, "s:0"), HasSubstr("Guten Morgen"));
  EXPECT_THAT(shown_text(made, "s:1"), HasSubstr("Anna: Good morning"));
  EXPECT_EQ(stream_of(made, "s:0")["disposition"]["default"], 0);
  EXPECT_EQ(stream_of(made, "s:1")["disposition"]["default"], 1);
}

TEST_F(EmbedTest, WebVttKeepsVoices) {
  const std::string webm = path("source.webm");
  ffmpeg(
      "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4 -c:v libvpx -deadline "
      "realtime -c:a libopus " +
      webm);
  ASSERT_EQ(embed(webm + " " + vtt_.string() + " -o " + path("made.webm")).code, 0);
  ASSERT_EQ(
      embed(webm + " " + vtt_.string() + " --track-format webvtt -o " + path("made.mkv")).code, 0);
  // The sound begins before zero, by what its decoder throws away.
  const double start = start_time(webm);
  EXPECT_LT(start, 0);
  for (const char* name : {"made.webm", "made.mkv"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(stream_of(path(name), "s:0")["codec_name"], "webvtt");
    expect_cues(path(name), "s:0", start);
    ffmpeg("-i " + path(name) + " -map 0:s -c copy -f webvtt " + path("back.vtt"));
    EXPECT_THAT(read_text(folder_ / "back.vtt"), HasSubstr("<v Anna>Good morning &amp; welcome."));
    EXPECT_EQ(packets(path(name), "-map 0:v -map 0:a"), packets(webm, "-map 0:v -map 0:a"));
  }
}

TEST_F(EmbedTest, CuesCountFromTheStartThatPlayersShowAsZero) {
  const std::string source = path("late.mkv");
  ffmpeg(
      "-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4 -c:v libx264 -c:a aac "
      "-output_ts_offset 100 " +
      source);
  const std::string made = path("made.mkv");
  ASSERT_EQ(embed(source + " " + vtt_.string() + " -o " + made).code, 0);
  const double start = start_time(source);
  EXPECT_GT(start, 99);
  EXPECT_EQ(packets(made, "-map 0:v -map 0:a"), packets(source, "-map 0:v -map 0:a"));
  expect_cues(made, "s:0", start);
}

TEST_F(EmbedTest, BroadcastStreamsGoIntoOtherContainers) {
  const std::string source = path("source.ts");
  ffmpeg("-f lavfi -i testsrc2=s=160x120:r=25:d=4 -f lavfi -i sine=d=4 -c:v libx264 -c:a aac " +
         source);
  const ProgramResult refused = embed(source + " " + vtt_.string() + " -o " + path("made.ts"));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("mpegts file has no text track"));
  EXPECT_THAT(refused.err, HasSubstr(".mkv"));
  const double start = start_time(source);
  for (const char* name : {"made.mp4", "made.mkv"}) {
    SCOPED_TRACE(name);
    const ProgramResult result = embed(source + " " + vtt_.string() + " -o " + path(name));
    ASSERT_EQ(result.code, 0) << result.err;
    expect_cues(path(name), "s:0", start);
    EXPECT_NEAR(std::stod(stream_of(path(name), "v:0")["start_time"].get<std::string>()),
                std::stod(stream_of(source, "v:0")["start_time"].get<std::string>()), 0.002);
  }
}

TEST_F(EmbedTest, OverlappingCuesShareTheSamplesOfTimedText) {
  const auto both = folder_.write("both.srt",
                                  "1\n00:00:01,000 --> 00:00:02,000\nfirst\n\n"
                                  "2\n00:00:01,500 --> 00:00:02,500\nsecond\n");
  ASSERT_EQ(embed(simple_recording() + " " + both.string() + " -o " + path("made.mp4")).code, 0);
  const std::vector<std::pair<double, double>> expected = {{1, 1.5}, {1.5, 2}, {2, 2.5}};
  const auto times = cue_times(path("made.mp4"), "s:0");
  ASSERT_EQ(times.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(times[i].first, expected[i].first, 0.001);
    EXPECT_NEAR(times[i].second, expected[i].second, 0.001);
  }
  EXPECT_THAT(shown_text(path("made.mp4"), "s:0"), HasSubstr("first\nsecond"));
}

TEST_F(EmbedTest, WhatCannotBeDoneIsRefusedAndLeavesAnExistingOutputAlone) {
  const std::string source = simple_recording();
  const std::string vtt = vtt_.string();
  folder_.write("out.mkv", "as it was");
  folder_.write("out.webm", "as it was");
  folder_.write("noise.mp4", std::string(5000, 'x'));
  folder_.write("wrong.vtt", "WEBVTT\n\nhere --> there\nx\n");
  folder_.write("empty.vtt", "WEBVTT\n");
  folder_.write("captions.pdf", "x");
  fs::create_symlink(source, folder_ / "link.mp4");
  const auto before = files();
  struct Case {
    std::string arguments;
    int code;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {source + " " + vtt + " -o " + source, 2, "is the recording itself"},
           {source + " " + vtt + " -o " + path("link.mp4"), 2, "is the recording itself"},
           {source + " " + vtt + " -o " + path("out.xyz"), 2, "knows no container"},
           {source + " " + vtt + " -o " + path("out.webm"), 2, "has no place in a webm file"},
           {source + " " + vtt + " -o " + path("x.mp4") + " --track-format srt", 2, "mov_text"},
           {source + " " + vtt + " -o " + path("out.mkv") + " --language x", 2, "ISO 639"},
           {path("none.mp4") + " " + vtt + " -o " + path("out.mkv"), 3, "does not exist"},
           {path("noise.mp4") + " " + vtt + " -o " + path("out.mkv"), 3, "noise.mp4"},
           {path("noise.mp4") + " " + vtt + " --burn-in -o " + path("out.mkv"), 3, "noise.mp4"},
           {source + " " + path("none.vtt") + " -o " + path("out.mkv"), 3, "No such file"},
           {source + " " + path("wrong.vtt") + " -o " + path("out.mkv"), 3, "line 3"},
           {source + " " + path("empty.vtt") + " -o " + path("out.mkv"), 3, "no captions"},
           {source + " " + path("captions.pdf") + " -o " + path("out.mkv"), 3, ".vtt"},
           {"http://localhost/x.mp4 " + vtt + " -o " + path("out.mkv"), 2, "address"},
           {source + " " + vtt + " -o /proc/none/out.mkv", 5, "/proc/none"}}) {
    const ProgramResult result = embed(c.arguments);
    EXPECT_EQ(result.code, c.code) << c.arguments << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(c.message)) << c.arguments;
    EXPECT_EQ(result.out, "") << c.arguments;
  }
  EXPECT_EQ(files(), before);
  EXPECT_EQ(read_text(folder_ / "out.mkv"), "as it was");
}

TEST_F(EmbedTest, AFullDiskEndsWithFiveAndLeavesTheExistingOutput) {
  const std::string source = simple_recording();
  folder_.write("out.mkv", "as it was");
  const auto before = files();
  for (const char* mode : {"", " --burn-in"}) {
    // A limit on the size of files stands for the full disk; standard error is a pipe here.
    const ProgramResult result =
        embed(source + " " + vtt_.string() + mode + " -o " + path("out.mkv") + " 2>&1",
              "trap '' XFSZ; ulimit -f 8;");
    EXPECT_EQ(result.code, 5) << result.out;
    EXPECT_THAT(result.out, HasSubstr("out.mkv cannot be written: File too large"));
    EXPECT_EQ(files(), before);
    EXPECT_EQ(read_text(folder_ / "out.mkv"), "as it was");
  }
}

TEST_F(EmbedTest, AStopLeavesNothingHalfWritten) {
  const std::string source = path("long.mkv");
  ffmpeg("-f lavfi -i testsrc2=s=1280x720:r=25:d=40 -c:v libx264 -preset ultrafast " + source);
  const auto before = files();
  const ProgramResult result =
      embed(source + " " + vtt_.string() + " --burn-in -o " + path("made.mkv"),
            "timeout --preserve-status -s INT 2");
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(result.err, HasSubstr("stopped on request"));
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace attune::cli
