#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace attune::service {

/// What Prometheus' own clients say of their process, under their names: CPU time, memory, open
/// descriptors and their limit, start time. What /proc does not tell is left out.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace attune::service
