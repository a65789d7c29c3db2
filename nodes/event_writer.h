#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `event_writer`: what is found on a live feed, as events for files, addresses and people, as soon
/// as it is known. Holds the events that wait for a slow receiver, within bounds.
pipeline::NodeType event_writer_type();

}  // namespace attune::nodes
