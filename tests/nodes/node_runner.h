#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/node.h"
#include "pipeline/node_type.h"

namespace attune::nodes {

/// What a node emits, port by port.
class Emitted : public pipeline::Emitter {
 public:
  void emit(std::size_t port, pipeline::Packet packet) override {
    packets[port].push_back(std::move(packet));
  }
  std::size_t count(std::size_t port, pipeline::Packet::Kind kind) const {
    std::size_t n = 0;
    const auto found = packets.find(port);
    if (found == packets.end()) return 0;
    for (const pipeline::Packet& packet : found->second) n += packet.kind() == kind;
    return n;
  }

  std::map<std::size_t, std::vector<pipeline::Packet>> packets;
};

/// A node of the type with its defaults, but for `values`.
inline std::unique_ptr<pipeline::Node> node_of(
    const pipeline::NodeType& type, std::map<std::string, pipeline::ParameterValue> values = {}) {
  for (const pipeline::ParameterSpec& spec : type.parameters)
    values.try_emplace(spec.name, spec.default_value);
  return type.make(pipeline::Parameters(values));
}

}  // namespace attune::nodes
