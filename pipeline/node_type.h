#pragma once

#include <functional>
#include <memory>
#include <optional>
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
  /// An input that comes at the end of the stream only: the other inputs do not wait for it, and it
  /// is delivered after them.
  bool late = false;
};

template <class T>
PortSpec port(std::string name, std::string doc, bool optional = false) {
  return {std::move(name), &payload_type<T>(), std::move(doc), optional, false};
}

/// An optional input that comes at the end of the stream only.
template <class T>
PortSpec late_port(std::string name, std::string doc) {
  return {std::move(name), &payload_type<T>(), std::move(doc), true, true};
}

enum class Concurrency {
  /// Keeps state: one packet at a time.
  kSerial,
  /// Stateless, one input: several data packets at once; the runtime restores their order, passes
  /// signals on and sends a watermark where a packet yields no output.
  kParallel,
  /// No inputs; runs on its own thread. The object must be a SourceNode.
  kSource,
};

/// A kind of node as YAML names it: the contract that is checked before anything opens, and the
/// text of `attune nodes NAME`.
struct NodeType {
  std::string name{};
  /// One line.
  std::string summary{};
  /// What it does, what it holds in memory, what latency it adds.
  std::string doc{};
  std::vector<PortSpec> inputs{};
  std::vector<PortSpec> outputs{};
  std::vector<ParameterSpec> parameters{};
  Concurrency concurrency = Concurrency::kSerial;
  /// Set by nodes that need the whole recording before they emit: everything comes out of flush().
  /// What they hold must be small, and the limit on media time in flight counts their input as
  /// done.
  bool emits_at_end = false;
  /// How far before and after a time the recording has a say in what the node emits for that time,
  /// beyond what its inputs already have: after so long, a node that was started in the middle of a
  /// recording emits what it would have emitted anyway. Nothing: it remembers without limit. A
  /// source that has a reach keeps to RunContext::part. What --split may do in parts.
  std::optional<Duration> reach{};
  /// How much later than the end of a packet's span it comes out, at most and beyond computing, when
  /// its inputs come in time: what the node waits for. Nothing: it cannot be part of a live pipeline.
  std::function<Duration(const Parameters&)> latency{};
  /// The node's block in YAML; a test parses it.
  std::string example{};
  std::function<std::unique_ptr<Node>(const Parameters&)> make{};
};

/// Node types by name. instance() is the program's, and the only global of attune; it is filled at
/// start by calls of add(). Reading is thread-safe, adding is not. A type stays where it is:
/// pointers to it are valid as long as the registry.
class NodeRegistry {
 public:
  static NodeRegistry& instance();

  /// Throws Error(kInternal) when the name is taken or the declaration contradicts itself: a port
  /// or parameter declared twice, a default out of range, a source with inputs, no make().
  void add(NodeType type);
  /// Null when unknown.
  const NodeType* find(std::string_view name) const;
  /// In alphabetical order.
  std::vector<const NodeType*> all() const;

 private:
  std::vector<std::unique_ptr<const NodeType>> types_;
};

/// The documentation of a type as text, made of its declaration: ports with payload types,
/// parameters with ranges, units and defaults, concurrency, example. What `attune nodes TYPE`
/// prints.
std::string describe(const NodeType& type);

}  // namespace attune::pipeline
