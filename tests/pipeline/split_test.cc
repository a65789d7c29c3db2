#include "pipeline/split.h"

#include <gtest/gtest.h>

#include <istream>
#include <ostream>

#include "core/error.h"
#include "test_nodes.h"

namespace attune::pipeline {

/// A payload that can be kept.
struct Kept {
  int value = 0;
};
template <>
struct PayloadTraits<Kept> {
  static constexpr std::string_view kName = "Kept";
  static std::size_t bytes(const Kept&) { return 4; }
  static void store(std::ostream& out, const Kept& kept) { out << kept.value; }
  static Kept load(std::istream& in) {
    Kept kept;
    in >> kept.value;
    return kept;
  }
};

namespace {

using std::chrono::seconds;

std::unique_ptr<Node> nothing(const Parameters&) {
  return std::make_unique<FunctionNode>([](std::size_t, const Packet&, Emitter&) {});
}

/// A recording with two local ways through it, of 3 and of 5 seconds, and a sink.
class SplitTest : public testing::Test {
 protected:
  SplitTest() {
    registry_.add({.name = "source",
                   .outputs = {port<Number>("out", "")},
                   .concurrency = Concurrency::kSource,
                   .reach = seconds(0),
                   .make = nothing});
    add("near", seconds(3));
    add("far", seconds(5));
    add("endless", std::nullopt);
    registry_.add({.name = "opaque",
                   .inputs = {port<Number>("in", "")},
                   .outputs = {port<Number>("out", "")},
                   .reach = seconds(1),
                   .make = nothing});
    registry_.add({.name = "sink",
                   .inputs = {port<Kept>("a", ""), port<Kept>("b", "", true)},
                   .make = nothing});
    registry_.add({.name = "number_sink", .inputs = {port<Number>("a", "")}, .make = nothing});
  }

  void add(const std::string& name, std::optional<Duration> reach) {
    registry_.add({.name = name,
                   .inputs = {port<Number>("in", "", true), port<Kept>("kept", "", true)},
                   .outputs = {port<Kept>("out", ""), port<Kept>("more", "")},
                   .reach = reach,
                   .make = nothing});
  }

  Config config(const std::string& nodes) const {
    return parse_config("nodes:\n" + nodes, "split.yaml", {}, registry_);
  }

  NodeRegistry registry_;
};

TEST_F(SplitTest, WhatIsLocalGoesToThePartsAndTheRestAfterwards) {
  const Config whole = config(
      "  source: {type: source}\n"
      "  near: {type: near, in: {in: source}}\n"
      "  far: {type: far, in: {kept: near}}\n"
      "  endless: {type: endless, in: {kept: far.more}}\n"
      "  behind: {type: near, in: {kept: endless}}\n"
      "  sink: {type: sink, in: {a: behind, b: near}}\n");
  const Split cut = split(whole);
  EXPECT_EQ(cut.is_local, (std::vector<bool>{true, true, true, false, false, false}));
  ASSERT_EQ(cut.stored.size(), 2u);
  EXPECT_EQ(cut.stored[0].name, "near.out");
  EXPECT_EQ(cut.stored[1].name, "far.more");
  EXPECT_EQ(cut.reach, seconds(8));

  const NodeType recorder{.name = "recorder", .inputs = stored_ports(cut), .make = nothing};
  const Config local = local_config(whole, cut, recorder);
  ASSERT_EQ(local.nodes.size(), 4u);
  EXPECT_EQ(local.nodes[3].inputs[0].node, 1);
  EXPECT_EQ(local.nodes[3].inputs[1].node, 2);
  EXPECT_EQ(local.nodes[3].inputs[1].port, 1u);

  const NodeType player{.name = "player", .outputs = stored_ports(cut), .make = nothing};
  const Config rest = rest_config(whole, cut, player);
  ASSERT_EQ(rest.nodes.size(), 4u);
  EXPECT_EQ(rest.nodes[1].name, "endless");
  EXPECT_EQ(rest.nodes[1].inputs[1].node, 0);
  EXPECT_EQ(rest.nodes[1].inputs[1].port, 1u);
  EXPECT_EQ(rest.nodes[2].inputs[1].node, 1);
  EXPECT_EQ(rest.nodes[3].inputs[0].node, 2);
  EXPECT_EQ(rest.nodes[3].inputs[1].node, 0);
  EXPECT_EQ(rest.nodes[3].inputs[1].port, 0u);
}

TEST_F(SplitTest, WhatCannotBeKeptIsNamed) {
  const Config whole = config(
      "  source: {type: source}\n"
      "  opaque: {type: opaque, in: source}\n"
      "  sink: {type: number_sink, in: opaque}\n");
  try {
    split(whole);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_NE(std::string(error.what()).find("opaque.out (Number)"), std::string::npos)
        << error.what();
  }
}

TEST_F(SplitTest, APipelineThatIsLocalNowhereIsRefused) {
  registry_.add({.name = "whole_source",
                 .outputs = {port<Number>("out", "")},
                 .concurrency = Concurrency::kSource,
                 .make = nothing});
  EXPECT_THROW(split(config("  source: {type: whole_source}\n"
                            "  sink: {type: number_sink, in: source}\n")),
               Error);
}

}  // namespace
}  // namespace attune::pipeline
