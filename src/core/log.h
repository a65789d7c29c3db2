#pragma once

#include <spdlog/spdlog.h>

#include <memory>

namespace attune {

/// The logger of the libraries. Silent until a program registers a spdlog logger under the name
/// "attune"; the libraries never print by themselves. Thread-safe.
std::shared_ptr<spdlog::logger> log();

}  // namespace attune
