#include "captions/result_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "program.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

using nlohmann::json;

/// Whether Debian's python3-jsonschema, an implementation that is not ours, accepts the text.
/// Exit codes: 0 valid, 1 invalid, 77 not installed.
int schema_check(const std::string& text) {
  const auto program = write_test_file(".py", R"(
import json, sys
try:
    import jsonschema
    validator = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    sys.exit(77)
schema = json.load(open(sys.argv[1]))
validator.check_schema(schema)
errors = list(validator(schema).iter_errors(json.load(open(sys.argv[2]))))
for error in errors:
    print(error.json_path, error.message)
sys.exit(1 if errors else 0)
)");
  const auto file = write_test_file(".json", text);
  const ProgramOutput output =
      run_program("python3 " + program.string() +
                  " " ATTUNE_SOURCE_DIR "/docs/schema/result.schema.json " + file.string());
  if (!output.text.empty()) std::cout << output.text;
  return output.exit_code;
}

TEST(ResultJson, HoldsTheWholeResult) {
  const json document = json::parse(write_result_json(sample_result()));
  EXPECT_EQ(document["attune"], "1.2.3");
  EXPECT_EQ(document["complete"], true);
  EXPECT_EQ(document["media"]["path"], "films/A \"quoted\" <name>.mp4");
  EXPECT_EQ(document["media"]["video"]["width"], 200);
  EXPECT_EQ(document["models"][0]["sha256"], std::string(64, 'a'));
  EXPECT_EQ(document["speakers"][1]["name"], "Tom & <Jerry>");
  EXPECT_EQ(document["speakers"][1]["spoken"], 2.5);
  EXPECT_EQ(document["segments"][0]["tracks"], json({7}));
  EXPECT_EQ(document["captions"][0]["lines"], json({"One < two &", "three --> four."}));
  EXPECT_EQ(document["words"][1]["text"], "caf\u00E9");
  EXPECT_EQ(document["sync"][0]["offset"], -0.08);
  EXPECT_EQ(document["tracks"][0]["boxes"], json({{20, 10, 40, 50}, {21, 10, 40, 50}}));
  EXPECT_EQ(document["tracks"][0]["speaking"], json({0.5, 0.119}));
  EXPECT_EQ(document["tracks"][0]["mass"], json({0.25, 0.5}));
}

TEST(ResultJson, ShiftMovesEveryTime) {
  Result result = sample_result();
  shift(result, ms(1000));
  const json document = json::parse(write_result_json(result));
  EXPECT_EQ(document["media"]["start"], 1.0);
  EXPECT_EQ(document["segments"][0]["start"], 2.0);
  EXPECT_EQ(document["captions"][0]["end"], 4.5);
  EXPECT_EQ(document["words"][0]["end"], 2.4);
  EXPECT_EQ(document["sync"][0]["end"], 8.5);
  EXPECT_EQ(document["shots"][0]["start"], 1.0);
  EXPECT_EQ(document["tick_origin"], 1.0);
}

TEST(ResultJson, FollowsItsSchema) {
  const int code = schema_check(write_result_json(sample_result()));
  if (code == 77) GTEST_SKIP() << "python3-jsonschema is not installed";
  EXPECT_EQ(code, 0);
}

TEST(ResultJson, AnEmptyResultFollowsTheSchemaToo) {
  const int code = schema_check(write_result_json({}));
  if (code == 77) GTEST_SKIP() << "python3-jsonschema is not installed";
  EXPECT_EQ(code, 0);
}

TEST(ResultJson, TheSchemaRefusesWhatItDoesNotName) {
  json document = json::parse(write_result_json(sample_result()));
  document["words"][0]["surprise"] = 1;
  const int code = schema_check(document.dump());
  if (code == 77) GTEST_SKIP() << "python3-jsonschema is not installed";
  EXPECT_EQ(code, 1);
}

TEST(ResultJson, EveryNumberAndStringStaysValid) {
  Result result = sample_result();
  result.sync[0].confidence = std::numeric_limits<float>::quiet_NaN();
  result.tracks[0].mass = {std::numeric_limits<float>::infinity(), -1e-9f};
  result.tracks[0].speaking = {1e30f, -1e30f};
  result.media.path = "bad \xFF utf-8 \x01";
  const std::string text = write_result_json(result);
  const json document = json::parse(text);
  EXPECT_EQ(document["media"]["path"], "bad \uFFFD utf-8 \x01");
  EXPECT_EQ(document["tracks"][0]["speaking"], json({1.0, 0.0}));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("-0.000")));
}

TEST(ResultJson, EqualResultsGiveEqualBytes) {
  EXPECT_EQ(write_result_json(sample_result()), write_result_json(sample_result()));
}

}  // namespace
}  // namespace attune::captions
