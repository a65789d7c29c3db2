// The pipelines that ship for attention between any two sequences, through the real program.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program_runner.h"

namespace attune::cli {
namespace {

using testing::HasSubstr;

const std::string kSource = ATTUNE_SOURCE_DIR;

/// Runs configs/sensors.yaml on the bundled sensors.
ProgramResult run_sensors(const std::filesystem::path& out, const std::string& options = "") {
  return run_shell("--quiet run " + kSource + "/configs/sensors.yaml " + kSource +
                       "/samples/sensors/wrist.csv -o " + out.string() + " " + options,
                   "cd " + kSource + " &&");
}

using Table = std::vector<std::vector<std::string>>;

Table read_table(const std::filesystem::path& file) {
  Table table;
  std::istringstream text(read_text(file));
  for (std::string line; std::getline(text, line);) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    table.push_back(fields);
  }
  return table;
}

/// Offset of the greatest share in an .offsets.csv.
double peak(const std::filesystem::path& file) {
  const Table table = read_table(file);
  double best = -1, offset = NAN;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const double share = std::stod(table[i].at(1));
    if (share > best) {
      best = share;
      offset = std::stod(table[i].at(0));
    }
  }
  return offset;
}

class AttentionPipelines : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

// samples/sensors/make_sensors.py: the second clock is 160 ms late, bins are 20 ms wide.
TEST_F(AttentionPipelines, SensorsFindHowLateTheSecondIsWithEveryKernel) {
  for (const std::string kernel : {"auto", "windowed", "exact", "tiled"}) {
    const auto out = folder_ / kernel;
    const ProgramResult run = run_sensors(out, "--set kernel=" + kernel);
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_NEAR(peak(out / "wrist.offsets.csv"), 0.160, 0.011) << kernel;
    EXPECT_TRUE(read_text(out / "wrist.heatmap.png").starts_with("\x89PNG"));
  }
  // 50 rows a second for 30 s, and the header.
  EXPECT_EQ(read_table(folder_ / "auto" / "wrist.attention.csv").size(), 1501u);
}

TEST_F(AttentionPipelines, WeightsOfAQuerySumToOne) {
  const ProgramResult run =
      run_sensors(folder_ / "out", "--set formats=weights --set weights=true");
  ASSERT_EQ(run.code, 0) << run.err;
  std::map<std::string, double> sums;
  const Table table = read_table(folder_ / "out" / "wrist.weights.csv");
  for (std::size_t i = 1; i < table.size(); ++i) sums[table[i].at(0)] += std::stod(table[i].at(3));
  EXPECT_EQ(sums.size(), 1500u);
  // Weights below 0.0001 are left out and the others rounded.
  for (const auto& [query, sum] : sums) EXPECT_NEAR(sum, 1, 0.003) << query;
}

TEST_F(AttentionPipelines, ThreadsChangeNoByte) {
  for (const std::string threads : {"1", "4"})
    ASSERT_EQ(run_sensors(folder_ / threads, "--threads " + threads).code, 0);
  for (const std::string name : {"wrist.attention.csv", "wrist.offsets.csv", "wrist.heatmap.png"})
    EXPECT_EQ(read_text(folder_ / "1" / name), read_text(folder_ / "4" / name)) << name;
}

TEST_F(AttentionPipelines, MistakesAreNamed) {
  const auto refused = [&](const std::string& options, int code, const std::string& saying) {
    const ProgramResult run = run_sensors(folder_ / "out", options);
    EXPECT_EQ(run.code, code) << run.err;
    EXPECT_THAT(run.err, HasSubstr(saying));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "wrist.offsets.csv"));
  };
  refused("--set keys=/nowhere.csv", 3, "/nowhere.csv: No such file");
  refused("--set key_projection=/nowhere.csv", 3, "/nowhere.csv: No such file");
  const auto wide = folder_.write("wide.csv", "time,a,b,c,d,e\n0,1,2,3,4,5\n");
  refused("--set key_projection= --set keys=" + wide.string(), 2,
          "query tokens have 4 numbers and key tokens 5");
  refused("--set keys=" + wide.string(), 2, "the matrix has 4 lines, but tokens have 5 numbers");
  const auto back = folder_.write("back.csv", "time,a,b,c,d\n1,1,2,3,4\n0,1,2,3,4\n");
  refused("--set keys=" + back.string(), 3, "back.csv:3: the time 0 s is before");
  refused("--set formats=picture", 2, "'picture' is no format of an attention");
  refused("--set formats=weights", 2, "set weights: true on the cross_attention");
  refused("--set kernel=fast", 2, "auto, windowed, exact, tiled, compressed");
  refused("--set reach=-100ms", 2, "holds no key");
}

/// Sound over faces, and faces over sound, on a generated scene.
TEST_F(AttentionPipelines, SoundAndFacesFindEachOtherInBothDirections) {
  const std::string movie = (folder_ / "scene.mp4").string();
  const std::string make =
      std::string(ATTUNE_SCENE_PROGRAM) + " -o " + movie +
      " --speakers 1 --parts dialogue --turns 2 --size 640x360 >/dev/null 2>&1";
  ASSERT_EQ(std::system(make.c_str()), 0);
  ASSERT_EQ(run_shell("--quiet run " + kSource + "/configs/attention.yaml " + movie + " -o " +
                      folder_.path().string())
                .code,
            0);
  EXPECT_NEAR(peak(folder_ / "scene.offsets.csv"), 0, 0.041);

  std::string turned = read_text(kSource + "/configs/attention.yaml");
  const std::string in = "in: {query: hearing.queries, key: seeing.keys}";
  ASSERT_NE(turned.find(in), std::string::npos);
  turned.replace(turned.find(in), in.size(), "in: {query: seeing.keys, key: hearing.queries}");
  const auto config = folder_.write("turned.yaml", turned);
  const auto out = folder_ / "turned";
  const ProgramResult run =
      run_shell("--quiet run " + config.string() + " " + movie + " -o " + out.string());
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_NEAR(peak(out / "scene.offsets.csv"), 0, 0.041);
}

}  // namespace
}  // namespace attune::cli
