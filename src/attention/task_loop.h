#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <cstdint>

#include "core/handover.h"

namespace attune::attention {

/// f(0) .. f(tasks - 1), as TBB tasks of the calling thread's arena when `work` multiply-adds are
/// worth it. Isolated: a thread that waits here takes no task from elsewhere, which might use the
/// same scratch memory.
template <class F>
void for_each_task(std::int64_t tasks, double work, F&& f) {
  // About 20 microseconds of one thread: ten times what it takes to wake another.
  constexpr double kWorthSharing = 2e6;
  if (tasks == 1 || work < kWorthSharing) {
    for (std::int64_t i = 0; i < tasks; ++i) f(i);
    return;
  }
  char begun = 0;
  char done = 0;
  hand_over(&begun);
  tbb::this_task_arena::isolate([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::int64_t>(0, tasks, 1),
        [&](const tbb::blocked_range<std::int64_t>& range) {
          take_over(&begun);
          for (std::int64_t i = range.begin(); i < range.end(); ++i) f(i);
          hand_over(&done);
        },
        tbb::simple_partitioner());
  });
  take_over(&done);
}

}  // namespace attune::attention
