#include "pipeline/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "pipeline/parameter_check.h"
#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::HasSubstr;

/// The types that the descriptions below use.
class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    add({.name = "demuxer",
         .outputs = {port<Number>("audio", ""), port<Text>("subtitles", "")},
         .parameters = {{.name = "track", .default_value = std::string("auto"), .doc = ""}},
         .concurrency = Concurrency::kSource});
    add({.name = "face_detector",
         .inputs = {port<Number>("frames", "")},
         .outputs = {port<Number>("faces", "")},
         .parameters = {
             {.name = "max_side",
              .default_value = std::int64_t{640},
              .doc = "",
              .unit = "px",
              .minimum = 64,
              .maximum = 4096},
             {.name = "threshold", .default_value = 0.5, .doc = "", .minimum = 0, .maximum = 1},
             {.name = "mode",
              .default_value = std::string("fast"),
              .doc = "",
              .choices = {"fast", "exact"}},
             {.name = "flip", .default_value = false, .doc = ""},
             {.name = "every",
              .default_value = Duration(std::chrono::milliseconds(200)),
              .doc = "",
              .minimum = 0.04},
             {.name = "names", .default_value = std::map<std::string, std::string>{}, .doc = ""}}});
    add({.name = "tracker",
         .inputs = {port<Number>("frames", ""), port<Number>("faces", ""),
                    port<Text>("notes", "", true)},
         .outputs = {port<Number>("tracks", "")}});
    add({.name = "writer",
         .inputs = {port<Number>("captions", "")},
         .parameters = {
             {.name = "format", .default_value = std::string(), .doc = "", .required = true}}});
  }

  void add(NodeType type) {
    type.make = [](const Parameters&) {
      return std::make_unique<FunctionNode>([](std::size_t, const Packet&, Emitter&) {});
    };
    registry.add(std::move(type));
  }

  Config parse(const std::string& text, const Overrides& overrides = {}) {
    return parse_config(text, "caption.yaml", overrides, registry);
  }

  std::string message(const std::string& text, const Overrides& overrides = {}) {
    try {
      parse(text, overrides);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      return error.what();
    }
    ADD_FAILURE() << "accepted:\n" << text;
    return "";
  }

  /// The message for a detector block with `keys` between a source and a writer.
  std::string detector_message(const std::string& keys) {
    return message("nodes:\n  s: {type: demuxer}\n  d: {type: face_detector, in: s, " + keys +
                   "}\n  w: {type: writer, in: d, format: vtt}\n");
  }

  NodeRegistry registry;
};

TEST_F(ConfigTest, ReadsEveryPartOfADescription) {
  const Config config = parse(R"(# captions
name: captions
parameters:
  side: 320
  speakers: {1: Anna}
limits: {media_time: 2min, memory: 64MiB}
nodes:
  out: {type: writer, in: tracks, format: vtt}
  tracks:
    type: tracker
    in: {frames: source, faces: faces.faces, notes: source.subtitles}
  faces: {type: face_detector, in: source.audio, max_side: ${side}, every: 1.5s, names: ${speakers}}
  source: {type: demuxer, track: "t-${side}"}
)",
                              {{"speakers.2", "Ben"}});
  EXPECT_EQ(config.name, "captions");
  EXPECT_EQ(config.max_media_time_in_flight, std::chrono::minutes(2));
  EXPECT_EQ(config.max_bytes_in_flight, 64U << 20);
  ASSERT_EQ(config.nodes.size(), 4U);
  EXPECT_EQ(config.nodes[0].name, "source");
  EXPECT_EQ(config.nodes[0].parameters.get<std::string>("track"), "t-320");
  const NodeConfig& faces = config.nodes[1];
  EXPECT_EQ(faces.name, "faces");
  EXPECT_EQ(faces.line, 12);
  EXPECT_EQ(faces.parameters.get<std::int64_t>("max_side"), 320);
  EXPECT_EQ(faces.parameters.get<double>("threshold"), 0.5);
  EXPECT_EQ(faces.parameters.get<Duration>("every"), milliseconds(1500));
  EXPECT_EQ((faces.parameters.get<std::map<std::string, std::string>>("names")),
            (std::map<std::string, std::string>{{"1", "Anna"}, {"2", "Ben"}}));
  const NodeConfig& tracks = config.nodes[2];
  EXPECT_EQ(tracks.inputs[0].node, 0);
  EXPECT_EQ(tracks.inputs[1].node, 1);
  EXPECT_EQ(tracks.inputs[2].node, 0);
  EXPECT_EQ(tracks.inputs[2].port, 1U);
  EXPECT_EQ(config.nodes[3].name, "out");
}

TEST_F(ConfigTest, TheHashFollowsTheValuesInUse) {
  const std::string text =
      "{parameters: {f: vtt}, nodes: {s: {type: demuxer}, w: {type: writer, in: s, format: "
      "\"${f}\"}}}";
  EXPECT_EQ(parse(text).hash, parse(text, {{"f", "vtt"}}).hash);
  EXPECT_NE(parse(text).hash, parse(text, {{"f", "srt"}}).hash);
  EXPECT_EQ(parse(text).hash.size(), 64U);
}

TEST_F(ConfigTest, AMistakeIsShownWithItsBlock) {
  EXPECT_EQ(message(R"(name: captions
nodes:
  source: {type: demuxer}
  faces: {type: face_detector, in: source, max_sid: 640}
  out: {type: writer, in: faces, format: vtt}
)"),
            R"(caption.yaml:4:44: node 'faces' (face_detector) has no 'max_sid'
    2 | nodes:
    3 |   source: {type: demuxer}
    4 |   faces: {type: face_detector, in: source, max_sid: 640}
      |                                            ^
    5 |   out: {type: writer, in: faces, format: vtt}
expected one of type, in, max_side, threshold, mode, flip, every, names
did you mean 'max_side'?)");
}

TEST_F(ConfigTest, AValueFromTheCommandLineIsNamed) {
  EXPECT_EQ(
      message(R"(parameters: {side: 640}
nodes:
  source: {type: demuxer}
  faces:
    type: face_detector
    in: source
    max_side: ${side}
  out: {type: writer, in: faces, format: vtt}
)",
              {{"side", "huge"}}),
      R"(caption.yaml:7:15: node 'faces': parameter 'max_side' is 'huge' (from --set side=huge)
    5 |     type: face_detector
    6 |     in: source
    7 |     max_side: ${side}
      |               ^
    8 |   out: {type: writer, in: faces, format: vtt}
expected an integer from 64 to 4096 px)");
}

struct Mistake {
  std::string name;
  std::string text;
  std::string position;
  std::vector<std::string> parts;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

class Mistakes : public ConfigTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(Mistakes, AreAnswered) {
  const std::string answer = message(GetParam().text);
  EXPECT_EQ(answer.substr(0, answer.find(": ")), "caption.yaml:" + GetParam().position) << answer;
  for (const std::string& part : GetParam().parts) EXPECT_THAT(answer, HasSubstr(part));
}

std::vector<Mistake> mistakes() {
  const std::string ends = "\n  w: {type: writer, in: s, format: vtt}\n";
  return {
      {"Syntax", "nodes: {s: {type: demuxer}\n", "1:27", {"not valid YAML"}},
      {"Empty", "", "1:1", {"the file is empty"}},
      {"NotAMap", "- a\n- b\n", "1:1", {"the pipeline is not a map"}},
      {"TopLevelKey", "nodez: {}\n", "1:1", {"has no 'nodez'", "did you mean 'nodes'?"}},
      {"NoNodes", "name: x\nnodes: {}\n", "2:8", {"the pipeline has no nodes"}},
      {"DuplicateNode",
       "nodes:\n  s: {type: demuxer}\n  s: {type: demuxer}\n",
       "3:3",
       {"'s' stands twice in 'nodes'"}},
      {"DuplicateKey",
       "nodes:\n  s: {type: demuxer, track: a, track: b}\n",
       "2:32",
       {"'track' stands twice"}},
      {"NodeName", "nodes:\n  a.b: {type: demuxer}\n", "2:3", {"'a.b' cannot name a node"}},
      {"NodeNotAMap", "nodes:\n  s: demuxer\n", "2:6", {"node 's' is not a map"}},
      {"NoType",
       "nodes:\n  s: {track: a}\n",
       "2:3",
       {"node 's' has no type", "demuxer, face_detector"}},
      {"UnknownType",
       "nodes:\n  s: {type: demuxr}\n",
       "2:13",
       {"there is no node type 'demuxr'", "did you mean 'demuxer'?"}},
      {"MissingParameter",
       "nodes:\n  s: {type: demuxer}\n  w: {type: writer, in: s}\n",
       "3:3",
       {"parameter 'format' is missing", "format: a text"}},
      {"UndefinedName",
       "parameters: {side: 1}\nnodes:\n  s: {type: demuxer, track: ${sid}}\n",
       "3:29",
       {"${sid} is not defined", "did you mean 'side'?"}},
      {"ParameterList",
       "parameters: {side: [1]}\nnodes:\n  s: {type: demuxer}\n",
       "1:20",
       {"parameter 'side' is a list"}},
      {"MapInText",
       "parameters: {m: {a: b}}\nnodes:\n  s: {type: demuxer, track: x${m}}\n",
       "3:29",
       {"${m} is a map"}},
      {"UnknownInputNode",
       "nodes:\n  source: {type: demuxer}\n  w: {type: writer, in: sorce, format: vtt}\n",
       "3:25",
       {"node 'w': there is no node 'sorce'", "did you mean 'source'?"}},
      {"UnknownOutput",
       "nodes:\n  s: {type: demuxer}\n  w: {type: writer, in: s.adio, format: vtt}\n",
       "3:25",
       {"'s' (demuxer) has no output 'adio'", "one of audio, subtitles", "did you mean 'audio'?"}},
      {"NoOutputs",
       "nodes:\n  s: {type: demuxer}\n  w: {type: writer, in: s, format: vtt}\n"
       "  x: {type: writer, in: w, format: vtt}\n",
       "4:25",
       {"'w' (writer) has no outputs"}},
      {"WrongPayload",
       "nodes:\n  s: {type: demuxer}\n  w: {type: writer, in: s.subtitles, format: vtt}\n",
       "3:25",
       {"input 'captions' takes Number, but 's.subtitles' gives Text", "did you mean 's.audio'?"}},
      {"UnknownPort",
       "nodes:\n  s: {type: demuxer}\n  t: {type: tracker, in: {frames: s, face: s}}" + ends,
       "3:38",
       {"tracker has no input 'face'", "did you mean 'faces'?"}},
      {"SeveralInputs",
       "nodes:\n  s: {type: demuxer}\n  t: {type: tracker, in: s}" + ends,
       "3:26",
       {"tracker has several inputs", "in: {frames: NODE, faces: NODE, notes: NODE (optional)}"}},
      {"OpenInput",
       "nodes:\n  s: {type: demuxer}\n  t: {type: tracker, in: {frames: s}}" + ends,
       "3:3",
       {"input 'faces' (Number) is not connected"}},
      {"NoIn",
       "nodes:\n  s: {type: demuxer}\n  w: {type: writer, format: vtt}\n",
       "3:3",
       {"input 'captions' (Number) is not connected", "in: NODE or in: NODE.PORT"}},
      {"SourceWithIn",
       "nodes:\n  s: {type: demuxer, in: s}\n",
       "2:22",
       {"node 's' (demuxer) has no 'in'"}},
      {"Cycle",
       "nodes:\n  s: {type: demuxer}\n  a: {type: face_detector, in: c}\n"
       "  b: {type: face_detector, in: a}\n  c: {type: face_detector, in: b}" +
           ends,
       "3:3",
       {"circle: a -> b -> c -> a"}},
      {"SelfLoop",
       "nodes:\n  s: {type: demuxer}\n  a: {type: face_detector, in: a}" + ends,
       "3:3",
       {"circle: a -> a"}},
      {"NoSink", "nodes:\n  s: {type: demuxer}\n", "2:3", {"no node is a sink"}},
      {"LimitName",
       "limits: {media: 20s}\nnodes:\n  s: {type: demuxer}" + ends,
       "1:10",
       {"'limits' has no 'media'", "one of media_time, memory"}},
      {"LimitValue",
       "limits: {memory: lots}\nnodes:\n  s: {type: demuxer}" + ends,
       "1:18",
       {"limit 'memory'", "'lots' is not a size"}},
      {"LimitZero",
       "limits: {media_time: 0s}\nnodes:\n  s: {type: demuxer}" + ends,
       "1:22",
       {"limit 'media_time' is not above zero"}},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, Mistakes, ::testing::ValuesIn(mistakes()),
                         [](const auto& info) { return info.param.name; });

TEST_F(ConfigTest, WrongValuesOfParametersSayWhatIsAllowed) {
  EXPECT_THAT(detector_message("max_side: big"), HasSubstr("'max_side' is 'big'\n"));
  EXPECT_THAT(detector_message("max_side: 640.5"),
              HasSubstr("expected an integer from 64 to 4096 px"));
  EXPECT_THAT(detector_message("max_side: 32"),
              HasSubstr("expected an integer from 64 to 4096 px"));
  EXPECT_THAT(detector_message("threshold: 1.5"), HasSubstr("expected a number from 0 to 1"));
  EXPECT_THAT(detector_message("threshold: nan"), HasSubstr("expected a number from 0 to 1"));
  EXPECT_THAT(detector_message("mode: exat"),
              HasSubstr("expected one of fast, exact\ndid you mean 'exact'?"));
  EXPECT_THAT(detector_message("flip: maybe"), HasSubstr("expected true or false"));
  EXPECT_THAT(detector_message("every: 5 apples"),
              HasSubstr("expected a duration such as 1.5s, 250ms or 2min"));
  EXPECT_THAT(detector_message("every: 10ms"), HasSubstr("of at least 0.04s"));
  EXPECT_THAT(detector_message("names: Anna"), HasSubstr("expected a map of names to texts"));
  EXPECT_THAT(detector_message("names: {a: [b]}"), HasSubstr("holds more than texts"));
  EXPECT_THAT(detector_message("max_side: [1, 2]"), HasSubstr("'max_side' is a list"));
  EXPECT_THAT(detector_message("max_side:"), HasSubstr("'max_side' is empty"));
}

TEST_F(ConfigTest, WrongNamesOnTheCommandLineAreAnswered) {
  const std::string text =
      "{parameters: {detector: a, m: {x: y}}, nodes: {s: {type: demuxer, track: \"${detector}\"},"
      " w: {type: writer, in: s, format: vtt}}}";
  EXPECT_THAT(message(text, {{"detecter", "b"}}),
              HasSubstr("--set detecter=b: there is no parameter 'detecter'"));
  EXPECT_THAT(message(text, {{"detecter", "b"}}), HasSubstr("did you mean 'detector'?"));
  EXPECT_THAT(message(text, {{"detector.x", "b"}}), HasSubstr("parameter 'detector' is not a map"));
  EXPECT_THAT(message(text, {{"m", "b"}}), HasSubstr("parameter 'm' is a map"));
}

TEST_F(ConfigTest, APipelineWithoutASourceIsRefused) {
  NodeRegistry only_sink;
  NodeType type{
      .name = "writer", .inputs = {port<Number>("in", "")}, .outputs = {port<Number>("out", "")}};
  type.make = [](const Parameters&) { return nullptr; };
  only_sink.add(type);
  try {
    parse_config("nodes: {a: {type: writer, in: b}, b: {type: writer, in: a}}", "x.yaml", {},
                 only_sink);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no node is a source"));
  }
}

TEST_F(ConfigTest, AMissingFileIsNamed) {
  try {
    load_config("/nowhere/caption.yaml", {}, registry);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/caption.yaml"));
    EXPECT_THAT(error.what(), HasSubstr("there is no such file"));
  }
}

TEST(ParseSize, ReadsUnits) {
  EXPECT_EQ(parse_size("256MiB"), 268435456U);
  EXPECT_EQ(parse_size("1.5 GiB"), 1610612736U);
  EXPECT_EQ(parse_size("2GB"), 2000000000U);
  EXPECT_EQ(parse_size("12"), 12U);
  for (const char* wrong : {"", "MiB", "3 parsecs", "-1MiB", "1e30GB"}) {
    EXPECT_THROW(parse_size(wrong), Error) << wrong;
  }
}

}  // namespace
}  // namespace attune::pipeline
