#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace attune::live {

/// What became of what an output was given: events, captions or segments, as its kind has it.
struct OutputCounts {
  /// "file", "webhook", "captions" or "hls".
  std::string_view kind;
  std::int64_t written = 0;
  /// Given up: no room to keep them until the output takes them again, or refused for good.
  std::int64_t lost = 0;
  /// How often the output could not be written, or something had to be sent again.
  std::int64_t failures = 0;
  /// Kept until the output takes them; nothing where that is not counted.
  std::optional<std::int64_t> waiting;
};

/// An output that counts what it does, for /metrics.
class CountedOutput {
 public:
  virtual ~CountedOutput() = default;
  /// From any thread, while the output is at work; never waits for a disk or a peer.
  virtual OutputCounts output_counts() const = 0;
  /// Nobody will write to it any more, while its feed goes on: what readers wait for is ended.
  virtual void retire() {}
};

/// Counts as of the last time that an output told them, which may hold a lock of its own for as
/// long as a disk hangs. Thread-safe.
class ToldCounts {
 public:
  explicit ToldCounts(std::string_view kind) : counts_{.kind = kind, .waiting = {}} {}

  void tell(std::int64_t written, std::int64_t lost, std::int64_t failures) {
    const std::lock_guard lock(mutex_);
    counts_.written = written;
    counts_.lost = lost;
    counts_.failures = failures;
  }
  OutputCounts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  OutputCounts counts_;
};

}  // namespace attune::live
