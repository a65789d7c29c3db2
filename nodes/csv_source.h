#pragma once

#include "pipeline/node_type.h"

namespace attune::nodes {

/// `csv_source`: rows of numbers in time, as tokens. Holds the file's numbers.
pipeline::NodeType csv_source_type();

}  // namespace attune::nodes
