#include "live/json_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/descriptor.h"
#include "core/error.h"
#include "live/line_file.h"
#include "live/line_pipe.h"

namespace attune::live {
namespace {

std::unique_ptr<LineOutput> open_fifo(const JsonLogOptions& options) {
  // For reading, too: so it opens, and stays open, without a reader (fifo(7)).
  const Descriptor fifo(::open(options.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fifo.get() < 0)
    throw Error(ErrorKind::kOutput, fmt::format("{}: the FIFO cannot be opened for events: {}",
                                                options.path, std::strerror(errno)));
  return std::make_unique<LinePipe>(fifo.get(), options.path, options.waiting_events,
                                    options.waiting_bytes);
}

std::unique_ptr<LineOutput> open_output(const JsonLogOptions& options) {
  if (options.path == "-")
    return std::make_unique<LinePipe>(STDOUT_FILENO, "standard output", options.waiting_events,
                                      options.waiting_bytes);
  std::error_code ignored;
  if (std::filesystem::is_fifo(options.path, ignored)) return open_fifo(options);
  return std::make_unique<LineFile>(LineFileOptions{.path = options.path,
                                                    .max_bytes = options.max_bytes,
                                                    .keep = options.keep,
                                                    .waiting_lines = options.waiting_events,
                                                    .waiting_bytes = options.waiting_bytes});
}

}  // namespace

JsonLog::JsonLog(const JsonLogOptions& options)
    : partial_(options.partial), output_(open_output(options)) {}

void JsonLog::take(const Event& event) {
  if (!event.is_final && !partial_) return;
  const std::lock_guard lock(mutex_);
  output_->write(event.json + '\n', event.is_final);
  const LineCounts lines = output_->counts();
  told_.tell(lines.written, lines.lost, lines.outages);
}

void JsonLog::reopen() {
  const std::lock_guard lock(mutex_);
  output_->reopen();
}

LineCounts JsonLog::counts() const {
  const std::lock_guard lock(mutex_);
  return output_->counts();
}

}  // namespace attune::live
