#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "batch/batch_options.h"
#include "batch/item.h"
#include "batch/record.h"

namespace attune::batch {

/// How far a batch has come.
struct BatchProgress {
  struct Running {
    std::string input;
    Duration done{};
    /// Zero while it is unknown.
    Duration total{};
  };
  std::size_t items = 0;
  /// Done in this run, and by earlier ones.
  std::size_t done = 0;
  std::size_t done_before = 0;
  std::size_t failed = 0;
  std::vector<Running> running;
  /// Media time worked off in this run, that of running items included.
  Duration media{};
  Duration wall{};
};

/// Told by run_batch(), in its thread. Must not throw.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void started(const Item& item) = 0;
  /// Its results are in place, or it failed for good.
  virtual void ended(const Record& record) = 0;
  virtual void will_retry(const Item& item, const Failure& failure, Duration delay) = 0;
  virtual void remark(const std::string& message) = 0;
  /// About five times a second.
  virtual void progress(const BatchProgress& progress) = 0;
};

struct BatchOutcome {
  std::size_t done = 0;
  std::size_t done_before = 0;
  /// Of this run, and failures of earlier runs that still hold.
  std::vector<Record> failed;
  /// Neither done nor failed: not begun, or stopped.
  std::size_t left = 0;
  /// Why the batch ended early, where it did; a later run may go on.
  std::string try_later;
  /// A mistake that would fail every item.
  std::string configuration_error;
  Duration media{};
  Duration wall{};
};

/// Works on the items, each in a worker process of its own, several at a time, and leaves each
/// one's results in the output folder, whole or not at all (batch_folder.h). A failure that may
/// pass is tried again after a while; in the end it is recorded. When `stop` becomes true no more
/// are started and what is under way is given up within kStopGrace. Throws Error(kTryLater) when
/// another process has the shard, Error(kOutput) when the output folder cannot be written.
BatchOutcome run_batch(const std::vector<Item>& items, const BatchOptions& options,
                       BatchObserver& observer, const std::atomic<bool>& stop);

/// After this long workers that were asked to stop are killed.
inline constexpr Duration kStopGrace = std::chrono::seconds(12);

}  // namespace attune::batch
