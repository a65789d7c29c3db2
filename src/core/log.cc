#include "core/log.h"

#include <spdlog/sinks/null_sink.h>

namespace attune {

std::shared_ptr<spdlog::logger> log() {
  if (auto logger = spdlog::get("attune")) return logger;
  static const auto silent =
      std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  return silent;
}

}  // namespace attune
