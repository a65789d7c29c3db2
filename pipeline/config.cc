#include "pipeline/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/error.h"
#include "core/nearest_name.h"
#include "core/sha256.h"
#include "pipeline/latency.h"
#include "pipeline/parameter_check.h"
#include "pipeline/substitution.h"
#include "pipeline/wiring.h"
#include "pipeline/yaml_source.h"

namespace attune::pipeline {
namespace {

void require_known_keys(const YamlSource& source, const YAML::Node& map, const std::string& owner,
                        const std::vector<std::string>& names) {
  for (const auto& entry : map) {
    const std::string key = entry.first.Scalar();
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    source.fail(entry.first.Mark(), {.problem = fmt::format("{} has no '{}'", owner, key),
                                     .expected = one_of(names),
                                     .suggestion = nearest_name(key, names)});
  }
}

const NodeType& read_type(const YamlSource& source, Substitution& substitution,
                          const NodeRegistry& registry, const std::string& name,
                          const YAML::Node& block, const YAML::Mark& at) {
  const YAML::Node written = block["type"];
  std::vector<std::string> names;
  for (const NodeType* type : registry.all()) names.push_back(type->name);
  if (!written.IsDefined() || !written.IsScalar()) {
    source.fail(at, {.problem = fmt::format("node '{}' has no type", name),
                     .expected = fmt::format("type: {}", one_of(names))});
  }
  const std::string type_name = substitution.resolve(written, written.Mark()).value.Scalar();
  const NodeType* type = registry.find(type_name);
  if (type == nullptr) {
    source.fail(written.Mark(),
                {.problem = fmt::format("node '{}': there is no node type '{}'", name, type_name),
                 .expected = one_of(names),
                 .suggestion = nearest_name(type_name, names)});
  }
  return *type;
}

Parameters read_parameters(const YamlSource& source, Substitution& substitution,
                           const NodeConfig& node, const YAML::Node& block, const YAML::Mark& at) {
  std::map<std::string, ParameterValue> values;
  for (const ParameterSpec& spec : node.type->parameters) {
    const std::string owner = fmt::format("node '{}'", node.name);
    const YAML::Node written = block[spec.name];
    if (written.IsDefined()) {
      const YAML::Mark value_at = written.IsNull() ? at : written.Mark();
      values[spec.name] = check_parameter(source, substitution, spec,
                                          substitution.resolve(written, value_at), owner);
    } else if (spec.required) {
      source.fail(at, {.problem = fmt::format("{}: parameter '{}' is missing", owner, spec.name),
                       .expected = fmt::format("{}: {}", spec.name, allowed_values(spec))});
    } else {
      values[spec.name] = spec.default_value;
    }
  }
  return Parameters(std::move(values));
}

NodeBlock read_node(const YamlSource& source, Substitution& substitution,
                    const NodeRegistry& registry, const YAML::Node& key, const YAML::Node& block) {
  NodeBlock result;
  result.at = key.Mark();
  result.node.name = key.Scalar();
  result.node.line = key.Mark().line + 1;
  if (result.node.name.empty() || result.node.name.find_first_of(". $") != std::string::npos) {
    source.fail(result.at, {.problem = fmt::format("'{}' cannot name a node", result.node.name),
                            .expected = "a name without '.', '$' and spaces"});
  }
  source.require_map(block, mark_of(block, key), fmt::format("node '{}'", result.node.name));
  result.node.type = &read_type(source, substitution, registry, result.node.name, block, result.at);
  std::vector<std::string> keys = {"type"};
  if (!result.node.type->inputs.empty()) keys.emplace_back("in");
  for (const ParameterSpec& spec : result.node.type->parameters) keys.push_back(spec.name);
  require_known_keys(source, block,
                     fmt::format("node '{}' ({})", result.node.name, result.node.type->name), keys);
  result.node.parameters = read_parameters(source, substitution, result.node, block, result.at);
  result.node.inputs.resize(result.node.type->inputs.size());
  const YAML::Node in = block["in"];
  result.written_inputs = read_inputs(source, substitution, result.node, in,
                                      in.IsDefined() && !in.IsNull() ? in.Mark() : result.at);
  return result;
}

void read_limits(const YamlSource& source, Substitution& substitution, const YAML::Node& limits,
                 Config& config) {
  if (!limits.IsDefined() || limits.IsNull()) return;
  source.require_map(limits, limits.Mark(), "'limits'");
  require_known_keys(source, limits, "'limits'", {"media_time", "memory"});
  for (const auto& entry : limits) {
    const YAML::Mark at = mark_of(entry.second, entry.first);
    const std::string name = entry.first.Scalar();
    const ResolvedValue value = substitution.resolve(entry.second, at);
    const std::string text = value.value.IsScalar() ? value.value.Scalar() : "";
    try {
      if (name == "memory") {
        config.max_bytes_in_flight = parse_size(text);
      } else {
        config.max_media_time_in_flight = parse_duration(text);
      }
    } catch (const Error& error) {
      source.fail(at,
                  {.problem = fmt::format("limit '{}': {}{}", name, error.what(), value.origin)});
    }
    if (config.max_media_time_in_flight <= Duration::zero() || config.max_bytes_in_flight == 0) {
      source.fail(at,
                  {.problem = fmt::format("limit '{}' is not above zero{}", name, value.origin)});
    }
  }
}

Duration read_budget(const YamlSource& source, Substitution& substitution, const YAML::Node& written,
                     const YAML::Mark& at) {
  const ResolvedValue value = substitution.resolve(written, at);
  const Complaint wrong{.problem = "'latency' is no time" + value.origin,
                        .expected = "a time above zero, such as 2s"};
  if (!value.value.IsScalar()) source.fail(at, wrong);
  try {
    const Duration budget = parse_duration(value.value.Scalar());
    if (budget <= Duration::zero()) source.fail(at, wrong);
    return budget;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kConfig) throw;
    source.fail(at, wrong);
  }
}

/// `latency: 2s`, or `latency: {default: 2s, SINK: 8s}`.
void read_latency(const YamlSource& source, Substitution& substitution, const YAML::Node& latency,
                  Config& config) {
  if (!latency.IsDefined() || latency.IsNull()) return;
  if (latency.IsScalar()) {
    config.latency_budget = read_budget(source, substitution, latency, latency.Mark());
    return;
  }
  source.require_map(latency, latency.Mark(), "'latency'");
  std::vector<std::string> names = {"default"};
  for (const NodeConfig& node : config.nodes)
    if (node.type->outputs.empty()) names.push_back(node.name);
  require_known_keys(source, latency, "'latency'", names);
  if (!latency["default"].IsDefined())
    source.fail(latency.Mark(), {.problem = "'latency' has no default",
                                 .expected = "latency: {default: 2s, SINK: 8s}"});
  for (const auto& entry : latency) {
    const Duration budget =
        read_budget(source, substitution, entry.second, mark_of(entry.second, entry.first));
    const std::string name = entry.first.Scalar();
    if (name == "default") {
      config.latency_budget = budget;
    } else {
      config.sink_budgets[name] = budget;
    }
  }
}

std::string read_name(const YamlSource& source) {
  const YAML::Node name = source.root()["name"];
  if (!name.IsDefined()) return source.file().stem().string();
  if (!name.IsScalar()) source.fail(name.Mark(), {.problem = "'name' is not a text"});
  return name.Scalar();
}

std::string hash_of(const std::string& text) {
  return sha256(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

Config parse_config(const std::string& text, const std::filesystem::path& file,
                    const Overrides& overrides, const NodeRegistry& registry) {
  const YamlSource source(text, file);
  const YAML::Node& root = source.root();
  if (root.IsNull()) {
    source.fail({}, {.problem = "the file is empty", .expected = "a pipeline with 'nodes'"});
  }
  source.require_map(root, root.Mark(), "the pipeline");
  require_known_keys(source, root, "the pipeline", {"name", "parameters", "limits", "latency", "nodes"});

  Config config;
  config.file = file;
  config.name = read_name(source);
  Substitution substitution(source, root["parameters"], overrides);
  read_limits(source, substitution, root["limits"], config);

  const YAML::Node nodes = root["nodes"];
  if (!nodes.IsDefined() || nodes.IsNull() || (nodes.IsMap() && nodes.size() == 0)) {
    source.fail(
        nodes.IsDefined() && !nodes.IsNull() ? nodes.Mark() : root.Mark(),
        {.problem = "the pipeline has no nodes", .expected = "nodes: {NAME: {type: TYPE}}"});
  }
  source.require_map(nodes, nodes.Mark(), "'nodes'");
  std::vector<NodeBlock> blocks;
  for (const auto& entry : nodes) {
    blocks.push_back(read_node(source, substitution, registry, entry.first, entry.second));
  }
  config.nodes = connect(source, std::move(blocks));
  read_latency(source, substitution, root["latency"], config);
  config.hash = hash_of(substitution.substituted_text());
  substitution.warn_unused();
  warn_unused_outputs(config);
  check_latency(config);
  return config;
}

Config load_config(const std::filesystem::path& file, const Overrides& overrides,
                   const NodeRegistry& registry) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!std::filesystem::is_regular_file(file) || !stream || !(text << stream.rdbuf())) {
    throw Error(ErrorKind::kConfig,
                fmt::format("{}: not a pipeline description that can be read: {}", file.string(),
                            std::filesystem::exists(file) ? "not a file, empty or not permitted"
                                                          : "there is no such file"));
  }
  return parse_config(text.str(), file, overrides, registry);
}

NodeConfig parse_example(const NodeType& type) {
  const YamlSource source(type.example, fmt::format("example of {}", type.name));
  source.require_map(source.root(), source.root().Mark(), "the example");
  Substitution substitution(source, YAML::Node(YAML::NodeType::Undefined), {});
  NodeRegistry registry;
  registry.add(type);
  NodeConfig node;
  for (const auto& entry : source.root()) {
    node = read_node(source, substitution, registry, entry.first, entry.second).node;
  }
  node.type = &type;
  return node;
}

}  // namespace attune::pipeline
