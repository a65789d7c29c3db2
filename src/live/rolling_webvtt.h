#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>

#include "captions/caption.h"
#include "core/time.h"
#include "live/counted_output.h"
#include "live/event.h"

namespace attune::live {

struct RollingWebvttOptions {
  std::filesystem::path path;
  /// Captions that ended longer ago than the newest by this are left out.
  Duration window = std::chrono::minutes(10);
  /// However short they are: bounds memory and the size of the file.
  std::size_t most_captions = 2000;
};

/// The final captions of one feed's last minutes as a WebVTT file, as captions::write_webvtt writes
/// it, with times on the feed's clock. Written anew with each final caption under a temporary name
/// and put in place, so that a reader always finds a whole file; a cue keeps its identifier as long
/// as it is in it. A file that cannot be written is said once in the log and tried again with the
/// next caption. Thread-safe.
class RollingWebvtt final : public EventSink, public CountedOutput {
 public:
  /// Writes a file without captions. Throws Error(kOutput) when that cannot be.
  explicit RollingWebvtt(RollingWebvttOptions options);

  void take(const Event& event) override;
  /// Captions written, and how often the file could not be.
  OutputCounts output_counts() const override { return told_.counts(); }

 private:
  void write() const;
  void drop_old();

  const RollingWebvttOptions options_;
  mutable std::mutex mutex_;
  std::deque<captions::Caption> captions_;
  Timestamp newest_end_{};
  /// Identifier of the first one kept.
  std::int64_t first_ = 1;
  /// Captions that were in the file when it was last written, or before.
  std::int64_t written_ = 0;
  std::int64_t failures_ = 0;
  bool is_failing_ = false;
  ToldCounts told_{"captions"};
};

}  // namespace attune::live
