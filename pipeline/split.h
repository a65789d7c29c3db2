#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/time.h"
#include "pipeline/config.h"

namespace attune::pipeline {

/// One of the parts of a recording, from 0.
struct PartNumber {
  int index = 0;
  int count = 1;
};

/// An output of the local nodes that the other nodes read.
struct StoredOutput {
  /// Index into Config::nodes and into the outputs of the node's type.
  std::size_t node = 0;
  std::size_t port = 0;
  const PayloadType* type = nullptr;
  /// "hearing.tokens".
  std::string name;
};

/// A pipeline cut in two: the local nodes, whose results for a time depend on the recording near
/// that time alone (NodeType::reach), as do those of all nodes before them; and the rest, which
/// numbers people, estimates, lays out. Parts of a recording can go through the local nodes apart
/// from each other; what they give, put together again, goes through the rest at once.
struct Split {
  /// For each node of the pipeline.
  std::vector<bool> is_local;
  /// In order of node and port.
  std::vector<StoredOutput> stored;
  /// How much of the recording before and after a part the local nodes must see.
  Duration reach{};
};

/// Throws Error(kConfig) for a pipeline that cannot be cut: nothing is local, nothing is left, or
/// an output between the two cannot be kept in a file.
Split split(const Config& config);

/// The local nodes, with a `recorder` that takes the stored outputs, one input port for each in
/// order. `recorder` must outlive the result.
Config local_config(const Config& config, const Split& split, const NodeType& recorder);

/// The rest, with a `player`, a source that gives the stored outputs, one output port for each in
/// order. `player` must outlive the result.
Config rest_config(const Config& config, const Split& split, const NodeType& player);

/// A port for each stored output, as the inputs of a recorder or the outputs of a player.
std::vector<PortSpec> stored_ports(const Split& split);

}  // namespace attune::pipeline
