#include "nodes/speaker_parameters.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <ios>

#include "core/error.h"

namespace attune::nodes {

std::vector<pipeline::ParameterSpec> speaker_parameters() {
  return {
      {.name = "speakers",
       .default_value = std::map<std::string, std::string>{},
       .doc = "names of the speakers, numbered from 1 in order of their first speech"},
      {.name = "speakers_file",
       .default_value = std::string(),
       .doc = "YAML or JSON file with such names, {\"1\": \"Anna\"}; those in `speakers` go first"},
      {.name = "off_screen",
       .default_value = std::string("Off-screen"),
       .doc = "what a speaker is called who is not visible"}};
}

namespace {

/// The number of a speaker; `place` says where it is written, `example` how it could be.
int speaker_number(const std::string& key, const std::string& place, const std::string& example) {
  int number = 0;
  const auto [end, status] = std::from_chars(key.data(), key.data() + key.size(), number);
  if (status != std::errc() || end != key.data() + key.size() || number < 1)
    throw Error(ErrorKind::kConfig,
                fmt::format("{}: '{}' is no number of a speaker; write for example {}", place, key,
                            example));
  return number;
}

/// A blank name would leave cues that begin with ": ", and voices that no style can be given.
std::string checked_name(const std::string& name, const std::string& place) {
  if (name.find_first_not_of(" \t\r\n") == std::string::npos)
    throw Error(ErrorKind::kConfig, fmt::format("{}: a name is expected", place));
  return name;
}

std::map<int, std::string> names_in_file(const std::string& file) {
  YAML::Node root;
  try {
    root = YAML::LoadFile(file);
  } catch (const YAML::BadFile&) {
    throw Error(ErrorKind::kConfig, fmt::format("{}: the file of speakers cannot be read", file));
  } catch (const YAML::Exception& error) {
    throw Error(ErrorKind::kConfig, fmt::format("{}:{}:{}: {}", file, error.mark.line + 1,
                                                error.mark.column + 1, error.msg));
  } catch (const std::ios_base::failure&) {
    // A folder opens like a file, and fails where it is read.
    throw Error(ErrorKind::kConfig, fmt::format("{}: the file of speakers cannot be read", file));
  }
  if (!root.IsMap())
    throw Error(
        ErrorKind::kConfig,
        fmt::format("{}: a file of speakers gives names to numbers, such as 1: Anna", file));
  std::map<int, std::string> names;
  for (const auto& entry : root) {
    const std::string place = fmt::format("{}:{}", file, entry.first.Mark().line + 1);
    if (!entry.first.IsScalar() || !entry.second.IsScalar())
      throw Error(ErrorKind::kConfig, fmt::format("{}: a number and a name are expected", place));
    const auto name = entry.second.as<std::string>();
    const auto key = entry.first.as<std::string>();
    // "Anna: 1" is the other way round.
    const bool swapped = name.find_first_not_of("0123456789") == std::string::npos;
    const std::string example = fmt::format("1: \"{}\"", swapped ? key : name);
    const int number = speaker_number(key, place, example);
    if (!names.emplace(number, checked_name(name, place)).second)
      throw Error(ErrorKind::kConfig, fmt::format("{}: speaker {} has two names", place, number));
  }
  return names;
}

}  // namespace

std::map<int, std::string> chosen_names(const pipeline::Parameters& parameters) {
  std::map<int, std::string> names;
  if (const auto& file = parameters.get<std::string>("speakers_file"); !file.empty())
    names = names_in_file(file);
  for (const auto& [key, name] : parameters.get<std::map<std::string, std::string>>("speakers")) {
    const std::string place = "speakers." + key;
    const int number = speaker_number(key, place, fmt::format("speakers.1=\"{}\"", name));
    names[number] = checked_name(name, place);
  }
  return names;
}

captions::SpeakerNames live_names(const pipeline::Parameters& parameters) {
  captions::SpeakerNames names;
  for (const auto& [number, name] : chosen_names(parameters)) names.names[number] = name;
  names.off_screen = parameters.get<std::string>("off_screen");
  return names;
}

}  // namespace attune::nodes
