#include "batch/batch_options.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "batch/batch_folder.h"
#include "core/error.h"

namespace attune::batch {

using nlohmann::json;

void save_pipeline(const BatchOptions& options, const std::filesystem::path& file) {
  const json object{{"schema", "attune-batch-1"},
                    {"pipeline", options.pipeline},
                    {"settings", options.settings},
                    {"plugins", options.plugins}};
  write_whole(file, object.dump(2) + "\n");
}

void load_pipeline(const std::filesystem::path& file, BatchOptions& options) {
  std::ifstream stream(file);
  if (!stream) {
    throw Error(
        ErrorKind::kInput,
        fmt::format("{}: missing; is this the output folder of an attune batch?", file.string()));
  }
  try {
    const json object = json::parse(stream);
    options.pipeline = object.at("pipeline");
    options.settings = object.at("settings").get<pipeline::Overrides>();
    options.plugins = object.at("plugins").get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: damaged ({}); run attune batch again, it is written anew",
                            file.string(), error.what()));
  }
}

}  // namespace attune::batch
