#include "batch/manifest_entry.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "batch/output_path.h"
#include "captions/json_text.h"
#include "core/error.h"
#include "core/nearest_name.h"

namespace attune::batch {
namespace {

using nlohmann::json;

/// What is nested deeper would exhaust the stack of those who write it out again.
constexpr int kDeepestNesting = 32;
/// A hundred years of media.
constexpr double kLongestSeconds = 3.2e9;

[[noreturn]] void reject(const std::string& message) {
  throw Error(ErrorKind::kInput, message);
}

json parse_object(const std::string& text) {
  const auto check_depth = [](int depth, json::parse_event_t, json&) {
    if (depth > kDeepestNesting) {
      reject(fmt::format("is nested deeper than {} levels", kDeepestNesting));
    }
    return true;
  };
  try {
    return json::parse(text, check_depth);
  } catch (const json::parse_error& error) {
    std::string reason = error.what();
    if (const auto end = reason.find("] "); end != std::string::npos) reason.erase(0, end + 2);
    reject(
        fmt::format("is not a JSON object ({}): write {{\"input\": \"FILE\"}} with its text in "
                    "double quotes, or a file name by itself ('./' before one that begins with "
                    "'{{')",
                    reason));
  }
}

void require_known_keys(const json& object) {
  static const std::vector<std::string> kKeys = {"input",    "output",   "set",
                                                 "metadata", "duration", "chunk"};
  for (const auto& [key, value] : object.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) continue;
    const std::string nearest = nearest_name(key, kKeys);
    reject(fmt::format("has no key {}; {}known are {}", captions::json_string(key),
                       nearest.empty() ? "" : fmt::format("did you mean '{}'? ", nearest),
                       fmt::join(kKeys, ", ")));
  }
}

std::string read_text(const json& object, const char* key) {
  const json& value = object.at(key);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    reject(fmt::format("'{}' must be a text that is not empty", key));
  }
  return value.get<std::string>();
}

/// Adds the parameters of `value` under `name`: maps within become dotted names.
void add_settings(const std::string& name, const json& value, pipeline::Overrides& settings) {
  if (value.is_object()) {
    for (const auto& [key, part] : value.items()) {
      add_settings(name.empty() ? key : name + "." + key, part, settings);
    }
    return;
  }
  if (value.is_null()) {
    reject(fmt::format("'set': {} has no value", captions::json_string(name)));
  }
  settings[name] = value.is_string() ? value.get<std::string>() : value.dump();
}

void read_settings(const json& object, Item& item) {
  const json& set = object.at("set");
  if (!set.is_object()) reject("'set' must be an object of parameters, {\"audio\": \"deu\"}");
  add_settings("", set, item.settings);
}

Duration read_duration(const json& object) {
  const json& value = object.at("duration");
  const double seconds = value.is_number() ? value.get<double>() : 0;
  if (!(seconds > 0) || seconds > kLongestSeconds) {
    reject("'duration' must be a number of seconds above zero");
  }
  return from_seconds(seconds);
}

int read_chunk(const json& object) {
  const json& value = object.at("chunk");
  if (!value.is_number_unsigned() ||
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
    reject("'chunk' must be a whole number from 0");
  }
  return value.get<int>();
}

}  // namespace

Item parse_manifest_object(const std::string& text) {
  const json object = parse_object(text);
  require_known_keys(object);
  if (!object.contains("input")) reject("has no 'input': add the file or address to open");
  Item item;
  item.input = read_text(object, "input");
  if (object.contains("output")) {
    item.output = std::filesystem::path(read_text(object, "output")).lexically_normal();
    if (!item.output.has_filename()) item.output = item.output.parent_path();
    if (const std::string problem = output_problem(item.output); !problem.empty()) {
      reject(fmt::format(
          "'output' {}; name a folder below the output folder",
          captions::json_string(object.at("output").get<std::string>()) + " " + problem));
    }
  }
  if (object.contains("set")) read_settings(object, item);
  if (object.contains("metadata")) {
    item.metadata = object.at("metadata");
    if (!item.metadata.is_object()) reject("'metadata' must be an object, {\"title\": \"...\"}");
  }
  if (object.contains("duration")) item.duration = read_duration(object);
  if (object.contains("chunk")) item.chunk = read_chunk(object);
  return item;
}

std::string to_manifest_object(const Item& item, const std::string& input) {
  nlohmann::ordered_json object;
  object["input"] = input;
  object["output"] = item.output.generic_string();
  if (!item.settings.empty()) object["set"] = item.settings;
  if (!item.metadata.is_null()) object["metadata"] = item.metadata;
  if (item.duration) object["duration"] = to_seconds(*item.duration);
  if (item.chunk) object["chunk"] = *item.chunk;
  return object.dump();
}

}  // namespace attune::batch
