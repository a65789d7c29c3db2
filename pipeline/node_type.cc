#include "pipeline/node_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "pipeline/parameter_check.h"

namespace attune::pipeline {
namespace {

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

class DeclarationCheck {
 public:
  explicit DeclarationCheck(const NodeType& type) : type_(type) {}

  void run() const {
    require(is_name(type_.name), "its name is not made of a-z, 0-9 and _");
    require(static_cast<bool>(type_.make), "it has no make()");
    check_ports(type_.inputs, "input");
    check_ports(type_.outputs, "output");
    check_parameters();
    const bool source = type_.concurrency == Concurrency::kSource;
    require(source == type_.inputs.empty(),
            source ? "a source has no inputs" : "a node that is not a source needs an input");
    require(type_.concurrency != Concurrency::kParallel || type_.inputs.size() == 1,
            "a parallel node has one input");
    require(!type_.emits_at_end || type_.concurrency == Concurrency::kSerial,
            "only a serial node can hold its output to the end");
  }

 private:
  void require(bool condition, const std::string& problem) const {
    if (!condition) {
      throw Error(ErrorKind::kInternal, fmt::format("node type '{}': {}", type_.name, problem));
    }
  }

  void check_ports(const std::vector<PortSpec>& ports, std::string_view direction) const {
    std::set<std::string> names;
    for (const PortSpec& port : ports) {
      require(is_name(port.name),
              fmt::format("{} '{}' is not made of a-z, 0-9 and _", direction, port.name));
      require(port.type != nullptr,
              fmt::format("{} '{}' has no payload type", direction, port.name));
      require(names.insert(port.name).second,
              fmt::format("{} '{}' is declared twice", direction, port.name));
    }
  }

  void check_parameters() const {
    std::set<std::string> names = {"type", "in"};
    for (const ParameterSpec& spec : type_.parameters) {
      require(is_name(spec.name),
              fmt::format("parameter '{}' is not made of a-z, 0-9 and _", spec.name));
      require(names.insert(spec.name).second,
              fmt::format("parameter '{}' is declared twice or is the name of a key", spec.name));
      require(spec.required || is_allowed(spec, spec.default_value),
              fmt::format("the default of parameter '{}' is not allowed", spec.name));
    }
  }

  const NodeType& type_;
};

}  // namespace

NodeRegistry& NodeRegistry::instance() {
  static NodeRegistry registry;
  return registry;
}

void NodeRegistry::add(NodeType type) {
  DeclarationCheck(type).run();
  if (find(type.name) != nullptr) {
    throw Error(ErrorKind::kInternal, fmt::format("node type '{}' is registered twice", type.name));
  }
  types_.push_back(std::make_unique<const NodeType>(std::move(type)));
}

const NodeType* NodeRegistry::find(std::string_view name) const {
  const auto found = std::find_if(types_.begin(), types_.end(),
                                  [&](const auto& type) { return type->name == name; });
  return found == types_.end() ? nullptr : found->get();
}

std::vector<const NodeType*> NodeRegistry::all() const {
  std::vector<const NodeType*> types;
  for (const auto& type : types_) types.push_back(type.get());
  std::sort(types.begin(), types.end(),
            [](const NodeType* a, const NodeType* b) { return a->name < b->name; });
  return types;
}

}  // namespace attune::pipeline
