#pragma once

#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

namespace attune::pipeline {

/// Makes OpenMP regions of the calling thread run on that thread alone. Debian builds oneDNN on
/// OpenMP: without this, every worker would start a team of its own.
void use_one_thread_per_worker();

/// Does that for every thread while it works in the arena; a thread that leaves gets its old
/// setting back. Constructed once the graph is built, which the workers then see.
class WorkerSetup final : public tbb::task_scheduler_observer {
 public:
  explicit WorkerSetup(tbb::task_arena& arena);
  ~WorkerSetup() override;
  void on_scheduler_entry(bool is_worker) override;
  void on_scheduler_exit(bool is_worker) override;
};

}  // namespace attune::pipeline
