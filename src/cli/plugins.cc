#include "cli/plugins.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "core/error.h"

namespace attune::cli {

void load_plugin(const std::filesystem::path& file, pipeline::NodeRegistry& registry) {
  using Register = void (*)(pipeline::NodeRegistry&);
  // Without a slash dlopen would look in the system's folders only.
  const std::string path = file.has_parent_path() ? file.string() : "./" + file.string();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    throw Error(ErrorKind::kUsage, fmt::format("--plugin {}: {}", file.string(), dlerror()));
  }
  void* symbol = dlsym(library, "attune_register_nodes");
  if (symbol == nullptr) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("--plugin {}: is no plugin of attune: it does not define "
                    "extern \"C\" void attune_register_nodes(attune::pipeline::NodeRegistry&)",
                    file.string()));
  }
  reinterpret_cast<Register>(symbol)(registry);
}

}  // namespace attune::cli
