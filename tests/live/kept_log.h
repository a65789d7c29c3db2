#pragma once

#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

#include "core/log.h"

namespace attune::live {

/// Keeps what the library logs while it lives; from any thread.
class KeptLog {
 public:
  KeptLog() : sink_(std::make_shared<Sink>()) {
    spdlog::drop("attune");
    spdlog::register_logger(std::make_shared<spdlog::logger>("attune", sink_));
  }
  ~KeptLog() { spdlog::drop("attune"); }

  std::string text() const { return sink_->text(); }
  int count(const std::string& what) const {
    const std::string all = text();
    int times = 0;
    for (auto at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) ++times;
    return times;
  }

 private:
  class Sink : public spdlog::sinks::base_sink<std::mutex> {
   public:
    std::string text() {
      const std::lock_guard lock(mutex_);
      return text_;
    }

   protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
      text_.append(message.payload.data(), message.payload.size());
      text_ += '\n';
    }
    void flush_() override {}

   private:
    std::string text_;
  };

  std::shared_ptr<Sink> sink_;
};

}  // namespace attune::live
