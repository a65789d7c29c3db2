#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "core/descriptor.h"
#include "live/line_output.h"
#include "live/waiting_lines.h"

namespace attune::live {

/// Writes lines to a reader who may be slow, gone or stuck: standard output (a pipe, a terminal,
/// the journal's socket, a file) or a FIFO. A line is written at once where the reader keeps up;
/// else a thread passes it on when there is room, and nobody waits. A pipe takes lines up to
/// PIPE_BUF (4096 bytes) whole; longer ones may come in two writes. Without a reader lines are
/// lost, counted, and tried again. Thread-safe.
class LinePipe final : public LineOutput {
 public:
  /// `descriptor` stays the caller's, and blocking as it is. `name` is for messages.
  LinePipe(int descriptor, std::string name, std::size_t waiting_lines, std::size_t waiting_bytes);
  /// Waits up to a second for the reader to take what is left.
  ~LinePipe() override;

  void write(std::string line, bool is_final) override;
  LineCounts counts() const override;

 private:
  enum class Flush { kDone, kWouldBlock, kFailed };

  void run();
  bool has_more() const { return !rest_.empty() || !waiting_.empty(); }
  Flush flush();
  ssize_t write_some();
  void lose_all();
  void failed(int error);

  std::string name_;
  bool is_socket_ = false;
  /// The descriptor could not be made non-blocking without doing so to others who share it.
  bool may_block_ = false;
  Descriptor file_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLines waiting_;
  std::string rest_;
  bool is_failing_ = false;
  bool stopping_ = false;
  LineCounts counts_;
  std::thread thread_;
};

}  // namespace attune::live
