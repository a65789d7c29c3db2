#include "core/error.h"

#include <fmt/format.h>

namespace attune {

std::string_view name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kConfig:
      return "configuration";
    case ErrorKind::kInput:
      return "input";
    case ErrorKind::kModel:
      return "model";
    case ErrorKind::kOutput:
      return "output";
    case ErrorKind::kTryLater:
      return "try_later";
    case ErrorKind::kStopped:
      return "stopped";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kConfig:
      return 2;
    case ErrorKind::kInput:
      return 3;
    case ErrorKind::kModel:
      return 4;
    case ErrorKind::kOutput:
      return 5;
    case ErrorKind::kTryLater:
      return 75;
    case ErrorKind::kStopped:
      return 130;
    case ErrorKind::kInternal:
      return 70;
  }
  return 70;
}

Error Error::within(std::string_view context) const {
  return Error(kind_, fmt::format("{}: {}", context, what()));
}

}  // namespace attune
