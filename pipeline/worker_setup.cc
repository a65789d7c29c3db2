#include "pipeline/worker_setup.h"

#include <omp.h>

#include "pipeline/handover.h"

namespace attune::pipeline {
namespace {

thread_local int threads_before_entry = 0;

}  // namespace

void use_one_thread_per_worker() {
  omp_set_num_threads(1);
}

WorkerSetup::WorkerSetup(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) {
  hand_over(this);
  observe(true);
}

WorkerSetup::~WorkerSetup() {
  observe(false);
}

void WorkerSetup::on_scheduler_entry(bool) {
  take_over(this);
  threads_before_entry = omp_get_max_threads();
  use_one_thread_per_worker();
}

void WorkerSetup::on_scheduler_exit(bool) {
  if (threads_before_entry > 0) omp_set_num_threads(threads_before_entry);
}

}  // namespace attune::pipeline
