#include <fmt/format.h>

#include <algorithm>

#include "cli/session.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "pipeline/node_type.h"

namespace attune::cli {
namespace {

int list_types() {
  const auto types = pipeline::NodeRegistry::instance().all();
  std::size_t width = 0;
  for (const auto* type : types) width = std::max(width, type->name.size());
  for (const auto* type : types) fmt::print("{:<{}}  {}\n", type->name, width, type->summary);
  return 0;
}

int describe_type(const std::string& name) {
  const auto& registry = pipeline::NodeRegistry::instance();
  const pipeline::NodeType* type = registry.find(name);
  if (type == nullptr) {
    std::vector<std::string> names;
    for (const auto* known : registry.all()) names.push_back(known->name);
    const std::string nearest = nearest_name(name, names);
    throw Error(ErrorKind::kUsage,
                fmt::format("there is no node type '{}'; 'attune nodes' lists them{}", name,
                            nearest.empty() ? "" : fmt::format("\ndid you mean '{}'?", nearest)));
  }
  fmt::print("{}", pipeline::describe(*type));
  return 0;
}

}  // namespace

void add_nodes_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("nodes", "List the node types, or document one");
  auto type = std::make_shared<std::string>();
  command->add_option("type", *type, "Node type to document");
  command->callback([type, &session] {
    session.command = [type] { return type->empty() ? list_types() : describe_type(*type); };
  });
}

}  // namespace attune::cli
