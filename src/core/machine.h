#pragma once

#include <cstdint>

namespace attune {

/// Processors that this process may keep busy: those of its affinity mask, less where the cgroup
/// has a smaller quota of processor time (cgroup v2 cpu.max of any level; v1 cpu.cfs_quota_us),
/// rounded up. At least 1.
int usable_processors();

/// Bytes of memory that this process and its children may still take without swapping: what Linux
/// counts as available, less where the cgroup's limit (memory.max) leaves less.
std::uint64_t available_memory();

}  // namespace attune
