#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "live/counted_output.h"
#include "live/event.h"
#include "live/line_output.h"

namespace attune::live {

struct JsonLogOptions {
  /// A file or FIFO, or "-" for standard output.
  std::string path;
  /// A file that would become longer is moved to path.1 (path.1 to path.2...) and begun anew; 0:
  /// never, for an outside logrotate.
  std::uint64_t max_bytes = std::uint64_t{64} << 20;
  /// How many earlier files are kept.
  int keep = 5;
  /// False: only what is final.
  bool partial = true;
  /// What is kept while the disk is full or the reader does not read: beyond either, the oldest
  /// that is not final goes first, then the oldest.
  std::size_t waiting_events = 1000;
  std::size_t waiting_bytes = std::size_t{4} << 20;
};

/// Events as JSON Lines (one object a line, docs/schema/event.schema.json). Files:
/// live/line_file.h; standard output and FIFOs: live/line_pipe.h. Several feeds may share one.
/// Thread-safe.
class JsonLog final : public EventSink, public CountedOutput {
 public:
  /// Throws Error(kOutput) when the file cannot be opened.
  explicit JsonLog(const JsonLogOptions& options);

  void take(const Event& event) override;
  /// For SIGHUP: opens the file's name anew after another program has moved it.
  void reopen();
  LineCounts counts() const;
  OutputCounts output_counts() const override { return told_.counts(); }

 private:
  bool partial_;
  mutable std::mutex mutex_;
  std::unique_ptr<LineOutput> output_;
  ToldCounts told_{"file"};
};

}  // namespace attune::live
