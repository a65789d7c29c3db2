#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "nodes/all_nodes.h"
#include "pipeline/config.h"

namespace attune::nodes {
namespace {

const pipeline::NodeRegistry& registry() {
  static const bool filled = (register_all(pipeline::NodeRegistry::instance()), true);
  EXPECT_TRUE(filled);
  return pipeline::NodeRegistry::instance();
}

TEST(Declarations, EveryExampleIsABlockOfItsOwnTypeWithKnownKeys) {
  for (const pipeline::NodeType* type : registry().all()) {
    const YAML::Node example = YAML::Load(type->example);
    ASSERT_EQ(example.size(), 1u) << type->name;
    const YAML::Node block = example.begin()->second;
    EXPECT_EQ(block["type"].as<std::string>(), type->name);
    for (const auto& entry : block) {
      const auto key = entry.first.as<std::string>();
      if (key == "type" || key == "in") continue;
      const bool known = std::any_of(type->parameters.begin(), type->parameters.end(),
                                     [&](const auto& spec) { return spec.name == key; });
      EXPECT_TRUE(known) << type->name << ": " << key;
    }
    if (block["in"] && block["in"].IsMap())
      for (const auto& entry : block["in"]) {
        const auto key = entry.first.as<std::string>();
        const bool known = std::any_of(type->inputs.begin(), type->inputs.end(),
                                       [&](const auto& port) { return port.name == key; });
        EXPECT_TRUE(known) << type->name << ": " << key;
      }
  }
}

TEST(Declarations, EveryTypeSaysWhatItDoesAndWhatItCosts) {
  for (const pipeline::NodeType* type : registry().all()) {
    EXPECT_FALSE(type->summary.empty()) << type->name;
    EXPECT_NE(type->doc.find("Latency"), std::string::npos) << type->name;
    EXPECT_NE(type->doc.find("Memory"), std::string::npos) << type->name;
    for (const auto& port : type->inputs) EXPECT_FALSE(port.doc.empty()) << type->name;
    for (const auto& port : type->outputs) EXPECT_FALSE(port.doc.empty()) << type->name;
    for (const auto& spec : type->parameters) EXPECT_FALSE(spec.doc.empty()) << type->name;
  }
}

TEST(Declarations, EveryPipelineThatShipsIsValid) {
  registry();
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ATTUNE_SOURCE_DIR "/configs")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NO_THROW(pipeline::load_config(entry.path())) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 1);
}

}  // namespace
}  // namespace attune::nodes
