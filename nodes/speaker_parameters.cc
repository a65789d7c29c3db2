#include "nodes/speaker_parameters.h"

#include <fmt/format.h>

#include <charconv>

#include "core/error.h"

namespace attune::nodes {

std::vector<pipeline::ParameterSpec> speaker_parameters() {
  return {{.name = "speakers",
           .default_value = std::map<std::string, std::string>{},
           .doc = "names of the speakers, numbered from 1 in order of their first speech"},
          {.name = "off_screen",
           .default_value = std::string("Off-screen"),
           .doc = "what a speaker is called who is not visible"}};
}

std::map<int, std::string> chosen_names(const pipeline::Parameters& parameters) {
  std::map<int, std::string> names;
  for (const auto& [key, name] : parameters.get<std::map<std::string, std::string>>("speakers")) {
    int number = 0;
    const auto [end, status] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (status != std::errc() || end != key.data() + key.size() || number < 1)
      throw Error(ErrorKind::kConfig,
                  fmt::format("speakers.{}: '{}' is no number of a speaker; write for example "
                              "speakers.1=\"{}\"",
                              key, key, name));
    names[number] = name;
  }
  return names;
}

}  // namespace attune::nodes
