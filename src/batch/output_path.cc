#include "batch/output_path.h"

#include "captions/encoding.h"

namespace attune::batch {
namespace fs = std::filesystem;

fs::path output_of_file(const fs::path& file, const fs::path& root) {
  const fs::path whole = fs::absolute(file).lexically_normal();
  // Behind a root that ends in "/" or "." a trailing empty part would stand in the way.
  const fs::path base = fs::absolute(root / ".").lexically_normal();
  const fs::path relative = whole.lexically_relative(base);
  return relative.empty() || *relative.begin() == ".." ? whole.relative_path() : relative;
}

fs::path output_of_address(const std::string& address) {
  std::string rest = address.substr(0, address.find_first_of("?#"));
  const auto scheme = rest.find("://");
  if (scheme != std::string::npos) rest.erase(0, scheme + 3);
  const std::string authority = rest.substr(0, rest.find('/'));
  std::string host = authority.substr(authority.rfind('@') + 1);
  if (const auto port = host.rfind(':'); port != std::string::npos && !host.ends_with(']')) {
    host.erase(port);
  }
  // Made normal as an absolute path: ".." does not climb above the host.
  const fs::path path = fs::path("/" + rest.substr(authority.size())).lexically_normal();
  const fs::path output = host / path.relative_path();
  return output.has_filename() ? output : output.parent_path();
}

std::string output_problem(const fs::path& output) {
  if (output.empty() || output == ".") return "names no folder";
  if (output.is_absolute()) return "is not relative to the output folder";
  if (captions::invalid_utf8(output.native())) return "is not UTF-8";
  if (output.native().find('\0') != std::string::npos) return "holds a zero byte";
  for (const fs::path& part : output) {
    const std::string& name = part.native();
    if (name == "..") return "climbs out of the output folder with '..'";
    if (name.starts_with('.')) return "has a part that begins with '.', which is kept for attune";
    if (name.size() > 255) return "has a part of more than 255 bytes, which no file system takes";
  }
  return "";
}

}  // namespace attune::batch
