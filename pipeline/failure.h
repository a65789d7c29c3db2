#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/time.h"

namespace attune::pipeline {

/// Turns whatever was thrown into an Error with "INPUT: node 'NAME' at TIME: " in front. The input
/// is not named twice when the message already begins with it.
Error located(std::exception_ptr thrown, const std::string& input, const std::string& node,
              std::optional<Timestamp> time);

/// The first error of a run. Thread-safe.
class Failure {
 public:
  /// `failed` is called once, by the thread that recorded the first error.
  Failure(std::string input, std::function<void()> failed)
      : input_(std::move(input)), failed_(std::move(failed)) {}

  /// Keeps the error if it is the first. Call it from a catch block.
  void record(const std::string& node, std::optional<Timestamp> time) noexcept;

  bool happened() const { return happened_.load(std::memory_order_acquire); }
  /// Throws the recorded error, if there is one.
  void rethrow() const;

 private:
  std::string input_;
  std::function<void()> failed_;
  std::atomic<bool> happened_ = false;
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace attune::pipeline
