#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace attune {

/// What went wrong, in the terms a caller can act on. The exit code of the program follows from it.
///
/// | kind      | meaning                                                         | exit code |
/// | --------- | --------------------------------------------------------------- | --------- |
/// | kUsage    | wrong command line or argument of a call                        | 2         |
/// | kConfig   | wrong pipeline description                                      | 2         |
/// | kInput    | an input cannot be read: missing, empty, not media, damaged     | 3         |
/// | kModel    | weights missing, unknown, damaged or of the wrong shape         | 4         |
/// | kOutput   | results cannot be written: permission, full disk                | 5         |
/// | kTryLater | another process or a full disk is in the way; later it may go     | 75        |
/// | kStopped  | stopped on request (signal); what was finished is kept          | 130 / 143 |
/// | kInternal | a defect of attune                                              | 70        |
enum class ErrorKind { kUsage, kConfig, kInput, kModel, kOutput, kTryLater, kStopped, kInternal };

std::string_view name(ErrorKind kind);

/// Exit code of the program for an error of this kind (kStopped: 130).
int exit_code(ErrorKind kind);

/// The one exception type of attune. `what()` is a full sentence for a person: it names the file or
/// argument, the position where there is one, and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }

  /// The same error with context in front: "context: message".
  Error within(std::string_view context) const;

 private:
  ErrorKind kind_;
};

}  // namespace attune
