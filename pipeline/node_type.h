#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/node.h"
#include "pipeline/parameters.h"

namespace attune::pipeline {

/// Declares one input or output of a node type.
struct PortSpec {
  std::string name;
  const PayloadType* type;
  std::string doc;
  /// An input that may stay unconnected; outputs may always.
  bool optional = false;
};

template <class T>
PortSpec port(std::string name, std::string doc, bool optional = false) {
  return {std::move(name), &payload_type<T>(), std::move(doc), optional};
}

enum class Concurrency {
  /// Keeps state: one packet at a time.
  kSerial,
  /// Stateless: several packets at once; the runtime restores their order.
  kParallel,
  /// No inputs; runs on its own thread. The object must be a SourceNode.
  kSource,
};

/// A kind of node as YAML names it: the contract that is checked before anything opens, and the
/// text of `attune nodes NAME`.
struct NodeType {
  std::string name;
  /// One line.
  std::string summary;
  /// What it does, what it holds in memory, what latency it adds.
  std::string doc;
  std::vector<PortSpec> inputs;
  std::vector<PortSpec> outputs;
  std::vector<ParameterSpec> parameters;
  Concurrency concurrency = Concurrency::kSerial;
  /// The node's block in YAML; a test parses it.
  std::string example;
  std::function<std::unique_ptr<Node>(const Parameters&)> make;
};

/// All node types known to the program, by name. The only global of attune; filled before main() by
/// NodeRegistration objects or by calls of add(). Reading is thread-safe.
class NodeRegistry {
 public:
  static NodeRegistry& instance();

  /// Throws Error(kInternal) when the name is taken or the declaration contradicts itself.
  void add(NodeType type);
  /// Null when unknown.
  const NodeType* find(std::string_view name) const;
  /// In alphabetical order.
  std::vector<const NodeType*> all() const;

 private:
  std::vector<std::unique_ptr<const NodeType>> types_;
};

}  // namespace attune::pipeline
