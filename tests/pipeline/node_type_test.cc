#include "pipeline/node_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "pipeline/config.h"
#include "test_nodes.h"

namespace attune::pipeline {
namespace {

using ::testing::HasSubstr;

NodeType detector() {
  NodeType type;
  type.name = "face_detector";
  type.summary = "Finds faces in frames.";
  type.doc = "Holds one frame.\nAdds no latency.";
  type.inputs = {port<Number>("frames", "Frames to search.")};
  type.outputs = {port<Text>("faces", "Boxes and scores.")};
  type.parameters = {
      {.name = "max_side",
       .default_value = std::int64_t{640},
       .doc = "Longer side of the searched picture.",
       .unit = "px",
       .minimum = 64,
       .maximum = 4096},
      {.name = "every",
       .default_value = Duration(std::chrono::milliseconds(200)),
       .doc = "Time between searched frames."},
      {.name = "model", .default_value = std::string(), .doc = "Weights.", .required = true}};
  type.concurrency = Concurrency::kParallel;
  type.example = "faces: {type: face_detector, in: frames, model: yunet}";
  type.make = [](const Parameters&) { return nullptr; };
  return type;
}

TEST(Describe, ShowsTheWholeDeclaration) {
  EXPECT_EQ(describe(detector()), R"(face_detector: Finds faces in frames.

  Holds one frame.
  Adds no latency.

inputs
  frames: Number
      Frames to search.

outputs
  faces: Text
      Boxes and scores.

parameters
  max_side: an integer from 64 to 4096 px; default 640
      Longer side of the searched picture.
  every: a duration such as 1.5s, 250ms or 2min; default 200ms
      Time between searched frames.
  model: a text; required
      Weights.

concurrency
  parallel: several packets at once, results in order

example
  faces: {type: face_detector, in: frames, model: yunet}
)");
}

TEST(ParseExample, ChecksParametersAndPorts) {
  NodeType type = detector();
  EXPECT_EQ(parse_example(type).parameters.get<std::string>("model"), "yunet");
  type.example = "faces: {type: face_detector, in: frames}";
  EXPECT_THROW(parse_example(type), Error);
  type.example = "faces: {type: face_detector, in: {frame: x}, model: yunet}";
  EXPECT_THROW(parse_example(type), Error);
  type.example = "";
  EXPECT_THROW(parse_example(type), Error);
}

/// Adds the detector after a change; returns the refusal.
template <class Change>
std::string refusal(const Change& change) {
  NodeRegistry registry;
  NodeType type = detector();
  change(type);
  try {
    registry.add(type);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    return error.what();
  }
  return "";
}

TEST(NodeRegistry, RefusesDeclarationsThatContradictThemselves) {
  EXPECT_EQ(refusal([](NodeType&) {}), "");
  EXPECT_THAT(refusal([](NodeType& t) { t.name = "Face Detector"; }), HasSubstr("its name"));
  EXPECT_THAT(refusal([](NodeType& t) { t.make = nullptr; }), HasSubstr("no make()"));
  EXPECT_THAT(refusal([](NodeType& t) { t.concurrency = Concurrency::kSource; }),
              HasSubstr("no inputs"));
  EXPECT_THAT(refusal([](NodeType& t) { t.inputs.clear(); }), HasSubstr("needs an input"));
  EXPECT_THAT(refusal([](NodeType& t) { t.inputs.push_back(port<Number>("more", "")); }),
              HasSubstr("a parallel node has one input"));
  EXPECT_THAT(refusal([](NodeType& t) { t.outputs.push_back(t.outputs[0]); }),
              HasSubstr("output 'faces' is declared twice"));
  EXPECT_THAT(refusal([](NodeType& t) { t.parameters[0].minimum = 1000; }),
              HasSubstr("default of parameter 'max_side'"));
  EXPECT_THAT(refusal([](NodeType& t) { t.parameters[0].name = "in"; }), HasSubstr("'in'"));
  EXPECT_THAT(refusal([](NodeType& t) { t.emits_at_end = true; }), HasSubstr("only a serial node"));
}

TEST(NodeRegistry, FindsAndListsByName) {
  NodeRegistry registry;
  registry.add(detector());
  NodeType other = detector();
  other.name = "cut_detector";
  registry.add(other);
  EXPECT_THROW(registry.add(other), Error);
  ASSERT_EQ(registry.all().size(), 2U);
  EXPECT_EQ(registry.all()[0]->name, "cut_detector");
  EXPECT_EQ(registry.find("face_detector"), registry.all()[1]);
  EXPECT_EQ(registry.find("nothing"), nullptr);
}

TEST(Parameters, RefuseUndeclaredNamesAndOtherTypes) {
  const Parameters parameters({{"side", std::int64_t{3}}});
  EXPECT_EQ(parameters.get<std::int64_t>("side"), 3);
  EXPECT_THROW(parameters.get<std::int64_t>("sid"), Error);
  EXPECT_THROW(parameters.get<double>("side"), Error);
}

TEST(ToDot, DrawsNodesAndEdgesWithPortsAndTypes) {
  TestNodes nodes;
  nodes.counting_source("count", 1);
  nodes.collector(2);
  const Config config = parse_config(
      "{name: two \"ways\", nodes: {s: {type: count}, c: {type: collect_all, in: {a: s, b: s}}}}",
      "x.yaml", {}, nodes.registry);
  EXPECT_EQ(to_dot(config), R"dot(digraph "two \"ways\"" {
  rankdir=TB;
  node [fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  "s" [label="s\n(count)", shape=invhouse];
  "c" [label="c\n(collect_all)", shape=house];
  "s" -> "c" [label="Number", taillabel="a", headlabel="a"];
  "s" -> "c" [label="Number", taillabel="a", headlabel="b"];
}
)dot");
}

}  // namespace
}  // namespace attune::pipeline
