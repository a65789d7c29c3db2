#include "service/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace attune::service {
namespace {

void add_value(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help,
               prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families.push_back({name, help, type, {metric}});
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Since 1970; 0 when unknown. proc(5): field 22 of stat is in clock ticks since the boot, which
/// /proc/stat gives as "btime". The second field may hold blanks and brackets.
double start_time() {
  std::ifstream stat("/proc/self/stat");
  std::string text(std::istreambuf_iterator<char>(stat), {});
  const auto bracket = text.rfind(')');
  if (bracket == std::string::npos) return 0;
  std::istringstream fields(text.substr(bracket + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  std::ifstream system("/proc/stat");
  std::string key;
  while (system >> key) {
    double boot = 0;
    if (key == "btime" && system >> boot && !field.empty())
      return boot + std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
    std::getline(system, key);
  }
  return 0;
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  using Type = prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  add_value(families, "process_cpu_seconds_total", "Processor time spent.", Type::Counter,
            cpu_seconds());
  std::ifstream statm("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  if (statm >> virtual_pages >> resident_pages) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    add_value(families, "process_virtual_memory_bytes", "Address space in use.", Type::Gauge,
              virtual_pages * page);
    add_value(families, "process_resident_memory_bytes", "Memory in use.", Type::Gauge,
              resident_pages * page);
  }
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  // The one that counts is among them.
  if (!error)
    add_value(families, "process_open_fds", "Open file descriptors.", Type::Gauge,
              static_cast<double>(std::distance(begin(descriptors), end(descriptors)) - 1));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add_value(families, "process_max_fds", "Most file descriptors that may be open.", Type::Gauge,
              static_cast<double>(limit.rlim_cur));
  if (const double start = start_time(); start > 0)
    add_value(families, "process_start_time_seconds",
              "Start of the process, in seconds since 1970.", Type::Gauge, start);
  return families;
}

}  // namespace attune::service
