#include "pipeline/failure.h"

#include <fmt/format.h>

#include <new>

namespace attune::pipeline {

Error located(std::exception_ptr thrown, const std::string& input, const std::string& node,
              std::optional<Timestamp> time) {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    kind = error.kind();
    message = error.what();
  } catch (const std::bad_alloc&) {
    message = "out of memory";
  } catch (const std::exception& error) {
    message = error.what();
  } catch (...) {
    message = "threw something that is not a std::exception";
  }
  for (const char* separator : {": ", " "}) {
    if (message.starts_with(input + separator)) message.erase(0, (input + separator).size());
  }
  const std::string when = time ? fmt::format(" at {}", format_timestamp(*time)) : "";
  return Error(kind, fmt::format("{}: node '{}'{}: {}", input, node, when, message));
}

void Failure::record(const std::string& node, std::optional<Timestamp> time) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (error_) return;
    error_.emplace(located(std::current_exception(), input_, node, time));
    happened_.store(true, std::memory_order_release);
  }
  failed_();
}

void Failure::rethrow() const {
  if (happened()) throw *error_;
}

}  // namespace attune::pipeline
