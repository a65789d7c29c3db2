#include "live/event_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "sink_events.h"

namespace attune::live {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kNoJsonschema = 77;

/// Debian's python3-jsonschema, an implementation that is not ours: each line by the schema of
/// events, and its entity alone, without what only events have, by the one of results.
constexpr const char* kCheck = R"(
import json, sys
try:
    import jsonschema
    validator = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    sys.exit(77)
events, results = (json.load(open(p)) for p in sys.argv[1:3])
validator.check_schema(events)
errors = []
def check(schema, value):
    errors.extend(validator(schema).iter_errors(value))
def check_entity(name, value):
    check({"$ref": "#/$defs/" + name, "$defs": results["$defs"]}, value)
for number, line in enumerate(open(sys.argv[3])):
    errors.clear()
    event = json.loads(line)
    check(events, event)
    kind = event["event"]
    entity = {k: v for k, v in event.items() if k not in
              ("schema", "event", "feed", "id", "final", "time", "wall")}
    if kind == "caption":
        for word in entity.pop("words"):
            check_entity("word", word)
        check_entity("caption", entity)
    if kind in ("segment", "speaking"):
        del entity["name"]
        check_entity("segment", entity)
    if kind == "sync":
        check_entity("sync", entity)
    if errors:
        print(number, *[f"{e.json_path} {e.message}" for e in errors])
)";

/// A line for each of `lines` that does not follow the schemas: its index and why. Nothing where
/// jsonschema is not installed.
std::optional<std::vector<std::string>> invalid_among(const std::vector<std::string>& lines) {
  const auto folder = fresh_folder();
  std::ofstream(folder / "check.py") << kCheck;
  {
    std::ofstream file(folder / "events.jsonl");
    for (const std::string& line : lines) file << line << '\n';
  }
  const std::string schemas = ATTUNE_SOURCE_DIR "/docs/schema/";
  const int status =
      std::system(("python3 " + (folder / "check.py").string() + " " + schemas +
                   "event.schema.json " + schemas + "result.schema.json " +
                   (folder / "events.jsonl").string() + " >" + (folder / "invalid.txt").string())
                      .c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kNoJsonschema) return std::nullopt;
  EXPECT_EQ(code, 0);
  return lines_of(content_of(folder / "invalid.txt"));
}

align::SpeechSegment stretch() {
  return {{milliseconds(1000), milliseconds(3500)}, 2, {7, 9}, 0.75f};
}

std::shared_ptr<const captions::Caption> shared_cue() {
  auto caption = std::make_shared<captions::Caption>();
  caption->span = {milliseconds(4000), milliseconds(5500)};
  caption->speaker = 1;
  caption->speaker_name = "Tom";
  caption->lines = {"- One \"two\"\nthree", "- caf\u00E9 \xFF"};
  caption->line_voices = {{1, "Tom"}, {0, "Off-screen"}};
  caption->placement = captions::Placement{0.25, 0.9};
  caption->words = {{{milliseconds(4000), milliseconds(4400)}, "one", 0.5f, 1},
                    {{milliseconds(4400), milliseconds(5000)}, "caf\u00E9", 1, 0}};
  return caption;
}

std::vector<Event> every_kind() {
  return {
      caption_event(stamp_of(5), shared_cue(), false),
      caption_event(stamp_of(5), shared_cue(), true),
      spoken(6, 7000, 8000, "Alone."),
      segment_event(stamp_of(3), stretch(), "Ann"),
      speaking_event(stamp_of(3), stretch(), "Ann"),
      sync_event(stamp_of(1), {{milliseconds(0), milliseconds(7500)}, -milliseconds(80), 0.9f},
                 true),
      load_event(stamp_of(2), {1, 3, "Captions wait.", milliseconds(1200), milliseconds(2000)}),
      feed_event(stamp_of(1), FeedNews::kConnecting, ""),
      feed_event(stamp_of(2), FeedNews::kRunning, ""),
      feed_event(stamp_of(3), FeedNews::kWaiting, "The source is gone."),
      feed_event(stamp_of(4), FeedNews::kFailed, "a"),
      feed_event(stamp_of(5), FeedNews::kEnded, "b"),
      feed_event(stamp_of(6), FeedNews::kDiscontinuity, "c"),
      feed_event(stamp_of(7), FeedNews::kLate, "d"),
      feed_event(stamp_of(8), FeedNews::kInTime, "e"),
  };
}

TEST(EventJson, EveryKindFollowsTheSchemasOfEventsAndResultsAndNothingElseDoes) {
  std::vector<std::string> lines;
  for (const Event& event : every_kind()) {
    EXPECT_EQ(event.json.find('\n'), std::string::npos);
    lines.push_back(event.json);
  }
  const std::size_t valid = lines.size();
  const auto add_changed = [&](std::size_t line, const char* member, const json& value) {
    json event = json::parse(lines[line]);
    event[member] = value;
    lines.push_back(event.dump());
  };
  add_changed(3, "surprise", 1);
  add_changed(4, "final", true);
  add_changed(7, "state", "asleep");
  add_changed(5, "wall", "2030-03-17 17:46:40");
  add_changed(0, "lines", "One");

  const auto invalid = invalid_among(lines);
  if (!invalid) GTEST_SKIP() << "python3-jsonschema is not installed";
  ASSERT_EQ(invalid->size(), lines.size() - valid) << testing::PrintToString(*invalid);
  for (std::size_t i = 0; i < invalid->size(); ++i)
    EXPECT_EQ(std::stoul((*invalid)[i]), valid + i) << (*invalid)[i];
}

TEST(EventJson, SaysWhatItWasGiven) {
  const Event event = caption_event(stamp_of(5), shared_cue(), false);
  EXPECT_EQ(event.kind, EventKind::kCaption);
  EXPECT_EQ(event.feed, "studio");
  EXPECT_FALSE(event.is_final);
  EXPECT_EQ(event.span, (TimeSpan{milliseconds(4000), milliseconds(5500)}));
  ASSERT_TRUE(event.caption);
  const json line = json::parse(event.json);
  EXPECT_EQ(line["event"], "caption");
  EXPECT_EQ(line["id"], 5);
  EXPECT_EQ(line["final"], false);
  EXPECT_EQ(line["time"], 5.0);
  EXPECT_EQ(line["wall"], "2030-03-17T17:46:40.042Z");
  EXPECT_EQ(line["lines"], json({"- One \"two\"\nthree", "- caf\u00E9 \uFFFD"}));
  EXPECT_EQ(line["words"][1]["text"], "caf\u00E9");

  const json load = json::parse(every_kind()[6].json);
  EXPECT_EQ(load["before"], 1);
  EXPECT_EQ(load["level"], 3);
  EXPECT_EQ(load["lag"], 1.2);
}

TEST(EventJson, WallTimesAreUtcWithMilliseconds) {
  using std::chrono::system_clock;
  EXPECT_EQ(format_wall_time(system_clock::time_point{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_wall_time(system_clock::time_point(-std::chrono::microseconds(1))),
            "1969-12-31T23:59:59.999Z");
  // `date -u -d @1709164799 +%FT%T`
  EXPECT_EQ(format_wall_time(system_clock::time_point(milliseconds(1'709'164'799'999))),
            "2024-02-28T23:59:59.999Z");
}

}  // namespace
}  // namespace attune::live
