// What published networks do not notice: that the mouth on screen did not make this sound.

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program_runner.h"
#include "tests/models/npz.h"

namespace attune::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// Share of the speech found that is given to a face on screen, and how sure the offset is.
struct OnScreen {
  double share = 0;
  double sync_confidence = 0;
};

OnScreen on_screen(const fs::path& movie, const fs::path& out) {
  const ProgramResult run = run_shell("--quiet caption " + movie.string() + " -o " + out.string() +
                                      " --set captioner=none --set detector=attune-face");
  if (run.code != 0) throw std::runtime_error(run.err);
  const json result = json::parse(read_text(out / movie.stem().concat(".json")));
  double seen = 0;
  double all = 0;
  for (const json& segment : result["segments"]) {
    const double length = segment["end"].get<double>() - segment["start"].get<double>();
    all += length;
    if (!segment["tracks"].empty()) seen += length;
  }
  const double sure = result["sync"].empty() ? 0 : result["sync"][0]["confidence"].get<double>();
  return {all > 0 ? seen / all : 0, sure};
}

void ffmpeg(const std::string& arguments) {
  const std::string line = "ffmpeg -nostdin -v error -y " + arguments + " >/dev/null 2>&1";
  if (std::system(line.c_str()) != 0) throw std::runtime_error("ffmpeg " + arguments);
}

/// Picture of one recording with the sound of another (or of the same one, later).
void dub(const fs::path& picture, const std::string& sound, const fs::path& dubbed) {
  ffmpeg("-t 20 -i " + picture.string() + " -t 20 " + sound + " -map 0:v:0 -map 1:a:0 -c copy " +
         "-shortest " + dubbed.string());
}

TEST(Dub, PeopleWhoTalkWithAnothersVoiceAreNotItsSpeakers) {
  const fs::path data = models::shared_folder() / "data/dev/spokespeople";
  if (!fs::exists(data)) GTEST_SKIP() << "no recordings of people: " << data << " does not exist";
  std::vector<fs::path> people;
  for (const auto& entry : fs::directory_iterator(data)) people.push_back(entry.path());
  std::ranges::sort(people);
  ASSERT_GE(people.size(), 3u);
  people.resize(3);
  const TemporaryFolder folder;
  double own = 0;
  double others = 0;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const fs::path original = folder.path() / ("original" + std::to_string(i) + ".mkv");
    const fs::path dubbed = folder.path() / ("dubbed" + std::to_string(i) + ".mkv");
    dub(people[i], "-i " + people[i].string(), original);
    dub(people[i], "-i " + people[(i + 1) % people.size()].string(), dubbed);
    const OnScreen true_sound = on_screen(original, folder.path() / "out");
    const OnScreen other_sound = on_screen(dubbed, folder.path() / "out");
    own += true_sound.share / people.size();
    others += other_sound.share / people.size();
    EXPECT_GT(true_sound.sync_confidence, other_sound.sync_confidence) << people[i];
  }
  EXPECT_GT(own, 0.9);
  EXPECT_LT(others, 0.35);
}

TEST(Dub, SoundOfAnotherTimeIsNotTheDrawnSpeakersEither) {
  const TemporaryFolder folder;
  const fs::path movie = folder.path() / "scene.mp4";
  const std::string line = ATTUNE_SCENE_PROGRAM " -o " + movie.string() +
                           " --parts dialogue --turns 4 --size 640x360 >/dev/null 2>&1";
  ASSERT_EQ(std::system(line.c_str()), 0);
  const fs::path dubbed = folder.path() / "later.mkv";
  dub(movie, "-ss 5 -i " + movie.string(), dubbed);
  EXPECT_GT(on_screen(movie, folder.path() / "out").share, 0.9);
  EXPECT_LT(on_screen(dubbed, folder.path() / "out").share, 0.35);
}

}  // namespace
}  // namespace attune::cli
