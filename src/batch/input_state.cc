#include "batch/input_state.h"

#include <sys/stat.h>

#include <span>

#include "core/sha256.h"
#include "media/input_check.h"

namespace attune::batch {

std::optional<InputState> input_state(const std::string& input) {
  struct stat status {};
  if (media::is_address(input) || ::stat(input.c_str(), &status) != 0) return std::nullopt;
  return InputState{static_cast<std::uint64_t>(status.st_size),
                    std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::string settings_hash(const std::string& pipeline_hash, const pipeline::Overrides& own) {
  if (own.empty()) return pipeline_hash;
  const std::string text = pipeline_hash + nlohmann::json(own).dump();
  return sha256(std::as_bytes(std::span(text)));
}

}  // namespace attune::batch
