#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune::batch {

/// Why an item failed, in the terms that decide what is done about it.
enum class FailureClass {
  /// The recording itself: not media, damaged, empty. Trying again gives the same.
  kBadInput,
  /// Its settings, or weights that are missing. Trying again gives the same.
  kConfiguration,
  /// The recording went away or was changed while it was worked on: a share that is gone, a file
  /// still being written. Left for the next run.
  kGone,
  /// Memory or disk: may be better later.
  kResources,
  /// Longer than the time allowed.
  kTimeOut,
  /// The worker died, or met a defect of attune.
  kCrash,
};

/// "bad_input", "configuration", "gone", "resources", "time_out", "crash".
std::string_view name(FailureClass failure);
std::optional<FailureClass> failure_class(std::string_view name);

bool is_retried(FailureClass failure);

/// How a worker ended, as its parent saw it.
struct WorkerEnd {
  /// Exit code, or 128 + the number of the signal that ended it.
  int exit_code = 0;
  /// Last error that the worker told; empty when it told none.
  std::string message;
  /// Whether the results could not be written: all items share that trouble.
  bool output_failed() const;
  /// Set where the parent ended it.
  bool over_memory = false;
  bool over_time = false;
  /// Whether the recording is still there and as it was when the worker started.
  bool input_unchanged = true;
};

struct Failure {
  FailureClass kind = FailureClass::kCrash;
  /// A sentence for a person; names the file where the worker could.
  std::string message;
};

/// Not for exit code 0.
Failure classify(const WorkerEnd& end);

}  // namespace attune::batch
