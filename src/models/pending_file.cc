#include "models/pending_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/unique_name.h"

namespace attune::models {

namespace fs = std::filesystem;

PendingFile::PendingFile(fs::path final)
    : final_(std::move(final)),
      temporary_(fmt::format("{}.part.{}", final_.string(), unique_suffix())) {
  std::error_code error;
  fs::create_directories(final_.parent_path(), error);
  if (error) fail(error);
}

PendingFile::~PendingFile() {
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void PendingFile::keep() {
  std::error_code error;
  fs::rename(temporary_, final_, error);
  if (error) fail(error);
}

void PendingFile::fail(const std::error_code& error) const {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot be written: {}", final_.string(), error.message()));
}

}  // namespace attune::models
