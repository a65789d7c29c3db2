#include "captions/dashes.h"

namespace attune::captions {
namespace {

constexpr std::string_view kDashes[] = {"-", "\u2010", "\u2011", "\u2013", "\u2014"};

}  // namespace

std::string_view leading_dash(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  for (const std::string_view dash : kDashes) {
    const std::string_view rest = line.substr(first);
    if (!rest.starts_with(dash) || rest.substr(dash.size()).starts_with(dash)) continue;
    const std::size_t text = line.find_first_not_of(' ', first + dash.size());
    return line.substr(0, text);
  }
  return {};
}

}  // namespace attune::captions
