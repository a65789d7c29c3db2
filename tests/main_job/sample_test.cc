// The bundled sample from movie to captions, against the ground truth that its generator writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

using nlohmann::json;

struct Job {
  json truth;
  json result;
  std::filesystem::path folder;
};

int shell(const std::string& line) {
  return std::system((line + " >/dev/null 2>&1").c_str());
}

/// Makes a scene and captions it; what was found lies in folder/out.
Job caption_scene(const std::filesystem::path& folder, const std::string& scene_options = "",
                  const std::string& options = "") {
  const std::string movie = (folder / "scene.mp4").string();
  if (shell(ATTUNE_SCENE_PROGRAM " -o " + movie + " --truth " + (folder / "truth.json").string() +
            " " + scene_options) != 0)
    throw std::runtime_error("the scene could not be made");
  const ProgramResult run =
      run_shell("--quiet caption " + movie + " -o " + (folder / "out").string() + " " + options);
  if (run.code != 0) throw std::runtime_error(run.err);
  return {json::parse(read_text(folder / "truth.json")),
          json::parse(read_text(folder / "out" / "scene.json")), folder};
}

/// The whole scene, made and captioned once.
class SampleTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    job_ = new Job(caption_scene(folder_->path()));
  }
  static void TearDownTestSuite() {
    delete job_;
    delete folder_;
  }
  static const Job& job() { return *job_; }

 private:
  static inline TemporaryFolder* folder_ = nullptr;
  static inline Job* job_ = nullptr;
};

double overlap(const json& a, const json& b) {
  return std::min(a["end"].get<double>(), b["end"].get<double>()) -
         std::max(a["start"].get<double>(), b["start"].get<double>());
}

/// The found speaker who talks most during each true one's turns; 0 stands for off screen.
std::map<int, int> found_speakers(const Job& job) {
  std::map<int, std::map<int, double>> common;
  for (const json& turn : job.truth["segments"])
    for (const json& found : job.result["segments"]) {
      const int truth = turn["speaker"].is_null() ? 0 : turn["speaker"].get<int>();
      common[truth][found["speaker"].get<int>()] += std::max(0.0, overlap(turn, found));
    }
  std::map<int, int> best;
  for (const auto& [truth, shares] : common)
    best[truth] = std::max_element(shares.begin(), shares.end(), [](const auto& a, const auto& b) {
                    return a.second < b.second;
                  })->first;
  return best;
}

TEST_F(SampleTest, EveryTurnHasItsSpeakerAndItsBoundaries) {
  const auto speakers = found_speakers(job());
  EXPECT_EQ(speakers.at(0), 0) << "the voice that nobody has must stay off screen";
  EXPECT_NE(speakers.at(1), speakers.at(2));
  for (const json& turn : job().truth["segments"]) {
    const int truth = turn["speaker"].is_null() ? 0 : turn["speaker"].get<int>();
    double start = 1e9, end = -1e9, wrong = 0;
    for (const json& found : job().result["segments"]) {
      const double common = overlap(turn, found);
      if (common <= 0) continue;
      if (found["speaker"] == speakers.at(truth)) {
        start = std::min(start, found["start"].get<double>());
        end = std::max(end, found["end"].get<double>());
      } else {
        wrong += common;
      }
    }
    EXPECT_NEAR(start, turn["start"].get<double>(), 0.2) << turn["text"];
    EXPECT_NEAR(end, turn["end"].get<double>(), 0.2) << turn["text"];
    EXPECT_LT(wrong, 0.2) << "seconds given to somebody else: " << turn["text"];
  }
}

TEST_F(SampleTest, NobodySpeaksInTheSilences) {
  for (const json& silence : job().truth["silences"]) {
    for (const json& found : job().result["segments"])
      EXPECT_LT(overlap(silence, found), 0.45) << silence << " " << found;
    for (const json& word : job().result["words"]) EXPECT_LT(overlap(silence, word), 0.3) << word;
  }
}

std::vector<std::string> words_of(const json& list) {
  std::vector<std::string> words;
  for (const json& entry : list) {
    std::string word;
    for (const char c : entry["text"].get<std::string>())
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '\'')
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::size_t edit_distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

TEST_F(SampleTest, CaptionsHaveAtMostAQuarterOfTheWordsWrong) {
  json spoken = json::array();
  for (const json& turn : job().truth["segments"])
    for (const json& word : turn["words"]) spoken.push_back(word);
  const auto truth = words_of(spoken);
  const auto found = words_of(job().result["words"]);
  EXPECT_LE(edit_distance(truth, found), truth.size() / 4);
}

TEST_F(SampleTest, CaptionsFollowTheRulesOfTheTrade) {
  double previous_end = -1;
  for (const json& cue : job().result["captions"]) {
    EXPECT_LE(cue["lines"].size(), 2u);
    for (const json& line : cue["lines"]) EXPECT_LE(line.get<std::string>().size(), 42u);
    const double start = cue["start"].get<double>(), end = cue["end"].get<double>();
    EXPECT_GE(start, previous_end);
    EXPECT_GE(end - start, 0.5);
    EXPECT_LE(end - start, 7.0);
    previous_end = end;
  }
}

TEST_F(SampleTest, CaptionFilesHaveNoLintViolations) {
  const std::string out = (job().folder / "out" / "scene").string();
  const ProgramResult lint =
      run_shell("lint " + out + ".vtt " + out + ".srt --shots " + out + ".json");
  EXPECT_EQ(lint.code, 0) << lint.out << lint.err;
  EXPECT_EQ(lint.out, "2 files, 0 violations of netflix\n");
}

TEST_F(SampleTest, FfmpegReadsTheSubtitlesBack) {
  const std::size_t cues = job().result["captions"].size();
  for (const std::string format : {"vtt", "srt"}) {
    const auto back = job().folder / ("back-from-" + format + ".srt");
    ASSERT_EQ(shell("ffmpeg -y -i " + (job().folder / "out" / ("scene." + format)).string() + " " +
                    back.string()),
              0);
    const std::string text = read_text(back);
    std::size_t arrows = 0;
    for (std::size_t at = text.find(" --> "); at != std::string::npos;
         at = text.find(" --> ", at + 1))
      ++arrows;
    EXPECT_EQ(arrows, cues) << format;
  }
}

TEST_F(SampleTest, SoundAndPictureAreFoundTogether) {
  ASSERT_EQ(job().result["sync"].size(), 1u);
  EXPECT_NEAR(job().result["sync"][0]["offset"].get<double>(), 0, 0.04);
}

TEST(Sample, ContainersAndFrameRatesGiveTheSameSegments) {
  const TemporaryFolder folder;
  const std::string movie = (folder / "scene.mp4").string();
  ASSERT_EQ(
      shell(ATTUNE_SCENE_PROGRAM " -o " + movie + " --turns 3 --parts dialogue --size 640x360"), 0);
  const auto segments = [&](const std::string& name) {
    const ProgramResult run = run_shell("--quiet caption " + (folder / name).string() + " -o " +
                                        (folder / "out").string() + " --set captioner=none");
    EXPECT_EQ(run.code, 0) << run.err;
    const std::string stem = std::filesystem::path(name).stem().string();
    return json::parse(read_text(folder / "out" / (stem + ".json")))["segments"];
  };
  const json expected = segments("scene.mp4");
  ASSERT_EQ(expected.size(), 3u);
  const std::map<std::string, std::string> variants = {
      {"start.ts", "-c copy"},  // MPEG-TS starts at 1.4 s
      {"matroska.mkv", "-c copy"},
      {"ntsc.mp4", "-r 30000/1001 -c:v libx264 -preset ultrafast -c:a copy"},
      {"film.mp4", "-r 24000/1001 -c:v libx264 -preset ultrafast -c:a copy"},
      {"fast.mp4", "-r 60 -c:v libx264 -preset ultrafast -c:a copy"},
  };
  for (const auto& [name, arguments] : variants) {
    ASSERT_EQ(shell("ffmpeg -y -i " + movie + " " + arguments + " " + (folder / name).string()), 0);
    const json found = segments(name);
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i]["speaker"], expected[i]["speaker"]) << name;
      EXPECT_NEAR(found[i]["start"].get<double>(), expected[i]["start"].get<double>(), 0.12)
          << name;
      EXPECT_NEAR(found[i]["end"].get<double>(), expected[i]["end"].get<double>(), 0.12) << name;
    }
  }
}

TEST(Sample, LateSoundIsMeasured) {
  const TemporaryFolder folder;
  const Job job =
      caption_scene(folder.path(), "--offset-ms 200 --parts dialogue --turns 4 --size 640x360",
                    "--set captioner=none");
  ASSERT_EQ(job.result["sync"].size(), 1u);
  EXPECT_NEAR(job.result["sync"][0]["offset"].get<double>(), 0.2, 0.04);
}

/// Two people, one after the other, made once.
class TwoTurns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    const std::string line =
        ATTUNE_SCENE_PROGRAM " -o " + movie() + " --turns 2 --parts dialogue --size 640x360";
    if (shell(line) != 0) throw std::runtime_error("the scene could not be made");
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::filesystem::path folder() { return folder_->path(); }
  static std::string movie() { return (folder() / "scene.mp4").string(); }
  static ProgramResult caption(const std::string& out, const std::string& options) {
    return run_shell("--quiet caption " + movie() + " -o " + (folder() / out).string() + " " +
                     options);
  }

 private:
  static inline TemporaryFolder* folder_ = nullptr;
};

TEST_F(TwoTurns, ResultsDoNotDependOnTheNumberOfThreads) {
  for (const std::string threads : {"1", "4"})
    ASSERT_EQ(caption(threads, "--threads " + threads).code, 0);
  for (const std::string format : {"vtt", "srt", "json", "rttm", "ava.csv"}) {
    const std::string one = read_text(folder() / "1" / ("scene." + format));
    EXPECT_FALSE(one.empty());
    EXPECT_EQ(one, read_text(folder() / "4" / ("scene." + format))) << format;
  }
}

TEST_F(TwoTurns, UsersNameTheSpeakers) {
  const ProgramResult run =
      caption("named", "--set speakers.1='News anchor' --set formats=vtt,srt");
  ASSERT_EQ(run.code, 0) << run.err;
  const std::string vtt = read_text(folder() / "named" / "scene.vtt");
  EXPECT_THAT(vtt, testing::HasSubstr("<v News anchor>"));
  EXPECT_THAT(vtt, testing::HasSubstr("<v Speaker 2>"));
  EXPECT_THAT(read_text(folder() / "named" / "scene.srt"), testing::HasSubstr("News anchor: "));
}

TEST_F(TwoTurns, CaptionsStandNearTheirSpeakersAndGoIntoACopy) {
  const ProgramResult run = caption("placed", "--placement speaker --embed track --language en");
  ASSERT_EQ(run.code, 0) << run.err;
  const json result = json::parse(read_text(folder() / "placed" / "scene.json"));
  const json& captions = result["captions"];
  ASSERT_FALSE(captions.empty());
  for (const json& caption : captions) {
    ASSERT_TRUE(caption.contains("placement")) << caption;
    for (const json& track : result["tracks"]) {
      const double at = caption["start"].get<double>() - result["tick_origin"].get<double>();
      const auto tick = static_cast<int>(at / result["tick"].get<double>());
      const int index = tick - track["first_tick"].get<int>();
      if (index < 0 || index >= static_cast<int>(track["boxes"].size())) continue;
      const json& box = track["boxes"][static_cast<std::size_t>(index)];
      const double middle = (box[0].get<double>() + box[2].get<double>() / 2) / 640;
      const double chin = (box[1].get<double>() + box[3].get<double>()) / 360;
      if (track["speaker"] != caption["speaker"]) continue;
      EXPECT_NEAR(caption["placement"]["x"].get<double>(), middle, 0.2) << caption;
      EXPECT_GT(caption["placement"]["y"].get<double>(), chin) << caption;
    }
  }
  const std::string copy = (folder() / "placed" / "scene.captioned.mp4").string();
  const std::string probed = (folder() / "probed.txt").string();
  ASSERT_EQ(std::system(("ffprobe -v error -select_streams s -show_entries "
                         "stream=codec_name:stream_tags=language -of csv=p=0 " +
                         copy + " >" + probed)
                            .c_str()),
            0);
  EXPECT_EQ(read_text(probed), "mov_text,eng\n");
}

}  // namespace
}  // namespace attune::cli
