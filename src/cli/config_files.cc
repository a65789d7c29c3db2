#include "cli/config_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/error.h"
#include "core/nearest_name.h"

namespace attune::cli {
namespace fs = std::filesystem;
namespace {

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || fs::path(name).has_extension();
}

std::vector<std::string> shipped_names(const std::vector<fs::path>& folders) {
  std::set<std::string> names;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<fs::path> config_folders() {
  std::vector<fs::path> folders;
  if (const char* own = std::getenv("ATTUNE_CONFIGS"); own != nullptr && *own != '\0') {
    folders.emplace_back(own);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) folders.push_back(program.parent_path().parent_path() / "share/attune/configs");
  folders.emplace_back(ATTUNE_INSTALLED_CONFIGS);
  folders.emplace_back(ATTUNE_SOURCE_CONFIGS);
  return folders;
}

fs::path find_config(const std::string& name_or_path, const std::vector<fs::path>& folders) {
  if (is_path(name_or_path)) return name_or_path;
  for (const fs::path& folder : folders) {
    fs::path file = folder / (name_or_path + ".yaml");
    if (fs::is_regular_file(file)) return file;
  }
  const auto names = shipped_names(folders);
  const std::string nearest = nearest_name(name_or_path, names);
  throw Error(
      ErrorKind::kConfig,
      fmt::format("there is no pipeline '{}': write the path of a .yaml file or {}{}", name_or_path,
                  names.empty() ? "set ATTUNE_CONFIGS to the folder that holds the shipped ones"
                                : fmt::format("one of {}", fmt::join(names, ", ")),
                  nearest.empty() ? "" : fmt::format("\ndid you mean '{}'?", nearest)));
}

}  // namespace attune::cli
