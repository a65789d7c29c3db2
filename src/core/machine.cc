#include "core/machine.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace attune {
namespace fs = std::filesystem;
namespace {

const fs::path kCgroupRoot = "/sys/fs/cgroup";
constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::string first_line(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

std::optional<double> number(const std::string& text) {
  std::istringstream stream(text);
  double value = 0;
  if (stream >> value) return value;
  return std::nullopt;
}

/// The cgroup of the process under `controller` (v1), or of the unified hierarchy when that is
/// empty (cgroups(7), /proc/pid/cgroup).
std::string cgroup_of_process(const std::string& controller) {
  std::ifstream stream("/proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool match = controller.empty()
                           ? controllers == ",,"
                           : controllers.find("," + controller + ",") != std::string::npos;
    if (match) return line.substr(second + 1);
  }
  return {};
}

/// The folders of a cgroup and of all above it, as far as they are visible: inside a container the
/// process may see its own as the root.
std::vector<fs::path> levels(const fs::path& root, const std::string& group) {
  std::vector<fs::path> folders;
  fs::path folder = root / fs::path(group).relative_path();
  while (folder != root && folder.has_relative_path()) {
    if (fs::exists(folder)) folders.push_back(folder);
    folder = folder.parent_path();
  }
  folders.push_back(root);
  return folders;
}

/// Processors by the quotas of cgroup v2: "max 100000" or "150000 100000" microseconds.
double quota_of_v2() {
  double processors = std::numeric_limits<double>::infinity();
  for (const fs::path& folder : levels(kCgroupRoot, cgroup_of_process(""))) {
    std::istringstream line(first_line(folder / "cpu.max"));
    double quota = 0;
    double period = 0;
    if (line >> quota >> period && quota > 0 && period > 0)
      processors = std::min(processors, quota / period);
  }
  return processors;
}

double quota_of_v1() {
  double processors = std::numeric_limits<double>::infinity();
  for (const fs::path& folder : levels(kCgroupRoot / "cpu", cgroup_of_process("cpu"))) {
    const auto quota = number(first_line(folder / "cpu.cfs_quota_us"));
    const auto period = number(first_line(folder / "cpu.cfs_period_us"));
    if (quota && period && *quota > 0 && *period > 0)
      processors = std::min(processors, *quota / *period);
  }
  return processors;
}

int processors_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::uint64_t available_to_machine() {
  std::ifstream stream("/proc/meminfo");
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("MemAvailable:", 0) != 0) continue;
    if (const auto kibibytes = number(line.substr(13)))
      return static_cast<std::uint64_t>(*kibibytes) * 1024;
  }
  return kUnlimited;
}

std::uint64_t left_to_cgroup() {
  std::uint64_t left = kUnlimited;
  for (const fs::path& folder : levels(kCgroupRoot, cgroup_of_process(""))) {
    const auto limit = number(first_line(folder / "memory.max"));
    const auto used = number(first_line(folder / "memory.current"));
    if (!limit || !used) continue;
    left = std::min(left, static_cast<std::uint64_t>(std::max(0.0, *limit - *used)));
  }
  return left;
}

}  // namespace

int usable_processors() {
  const double quota = std::ceil(std::min(quota_of_v2(), quota_of_v1()));
  const int processors = processors_of_affinity();
  return quota < processors ? std::max(1, static_cast<int>(quota)) : processors;
}

std::uint64_t available_memory() {
  return std::min(available_to_machine(), left_to_cgroup());
}

}  // namespace attune
