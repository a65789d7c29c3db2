#include "pipeline/parameter_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "core/nearest_name.h"

namespace attune::pipeline {
namespace {

template <class T>
std::optional<T> read_number(const std::string& text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<ParameterValue> read_boolean(const std::string& text) {
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::optional<ParameterValue> read_duration(const std::string& text) {
  try {
    return parse_duration(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The text read as the same alternative as `like`, which is not a map.
std::optional<ParameterValue> read_scalar(const std::string& text, const ParameterValue& like) {
  if (std::holds_alternative<bool>(like)) return read_boolean(text);
  if (std::holds_alternative<std::int64_t>(like)) return read_number<std::int64_t>(text);
  if (std::holds_alternative<double>(like)) {
    const auto number = read_number<double>(text);
    return number && std::isfinite(*number) ? std::optional<ParameterValue>(*number) : std::nullopt;
  }
  if (std::holds_alternative<Duration>(like)) return read_duration(text);
  return text;
}

using TextMap = std::map<std::string, std::string>;

TextMap read_map(const YamlSource& source, Substitution& substitution, const ResolvedValue& map,
                 const std::string& what) {
  TextMap result;
  for (const auto& entry : map.value) {
    const auto at = map.origin.empty() ? mark_of(entry.second, entry.first) : map.at;
    const ResolvedValue value = substitution.resolve(entry.second, at);
    if (!entry.first.IsScalar() || !(value.value.IsScalar() || value.value.IsNull())) {
      source.fail(at, {.problem = fmt::format("{}{} holds more than texts", what, map.origin),
                       .expected = "a map of names to texts"});
    }
    result[entry.first.Scalar()] = value.value.IsNull() ? "" : value.value.Scalar();
  }
  return result;
}

std::string shown(const YAML::Node& value) {
  if (value.IsMap()) return "a map";
  if (value.IsSequence()) return "a list";
  if (value.IsNull()) return "empty";
  return fmt::format("'{}'", value.Scalar());
}

std::string range_text(const ParameterSpec& spec) {
  const std::string unit = std::holds_alternative<Duration>(spec.default_value) ? "s"
                           : spec.unit.empty()                                  ? ""
                                                                                : " " + spec.unit;
  const bool below = std::isfinite(spec.minimum);
  const bool above = std::isfinite(spec.maximum);
  if (below && above) return fmt::format(" from {} to {}{}", spec.minimum, spec.maximum, unit);
  if (below) return fmt::format(" of at least {}{}", spec.minimum, unit);
  if (above) return fmt::format(" of at most {}{}", spec.maximum, unit);
  return spec.unit.empty() ? "" : fmt::format(" in {}", spec.unit);
}

}  // namespace

std::string allowed_values(const ParameterSpec& spec) {
  if (!spec.choices.empty()) return one_of(spec.choices);
  if (std::holds_alternative<bool>(spec.default_value)) return "true or false";
  if (std::holds_alternative<std::string>(spec.default_value)) return "a text";
  if (std::holds_alternative<TextMap>(spec.default_value)) return "a map of names to texts";
  if (std::holds_alternative<Duration>(spec.default_value)) {
    return "a duration such as 1.5s, 250ms or 2min" +
           (range_text(spec).empty() ? "" : "," + range_text(spec));
  }
  const bool integer = std::holds_alternative<std::int64_t>(spec.default_value);
  return (integer ? "an integer" : "a number") + range_text(spec);
}

bool is_allowed(const ParameterSpec& spec, const ParameterValue& value) {
  double number = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    number = static_cast<double>(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    number = *real;
  } else if (const auto* duration = std::get_if<Duration>(&value)) {
    number = to_seconds(*duration);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    return spec.choices.empty() ||
           std::find(spec.choices.begin(), spec.choices.end(), *text) != spec.choices.end();
  } else {
    return true;
  }
  return spec.minimum <= number && number <= spec.maximum;
}

ParameterValue check_parameter(const YamlSource& source, Substitution& substitution,
                               const ParameterSpec& spec, const ResolvedValue& value,
                               const std::string& owner) {
  const std::string what = fmt::format("{}: parameter '{}'", owner, spec.name);
  std::optional<ParameterValue> result;
  if (std::holds_alternative<TextMap>(spec.default_value)) {
    if (value.value.IsMap()) result = read_map(source, substitution, value, what);
  } else if (value.value.IsScalar()) {
    result = read_scalar(value.value.Scalar(), spec.default_value);
  }
  if (!result || !is_allowed(spec, *result)) {
    const bool choice = !spec.choices.empty() && value.value.IsScalar();
    source.fail(value.at,
                {.problem = fmt::format("{} is {}{}", what, shown(value.value), value.origin),
                 .expected = allowed_values(spec),
                 .suggestion = choice ? nearest_name(value.value.Scalar(), spec.choices) : ""});
  }
  return *result;
}

std::size_t parse_size(const std::string& text) {
  static const std::map<std::string, double> kUnits = {
      {"", 1},        {"B", 1},       {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0},
      {"kB", 1000.0}, {"KB", 1000.0}, {"MB", 1e6},     {"GB", 1e9}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit(end, text.data() + text.size());
  unit.erase(0, unit.find_first_not_of(' '));
  const auto found = kUnits.find(unit);
  const double bytes = found == kUnits.end() ? -1 : number * found->second;
  if (error != std::errc() || !(bytes >= 0 && bytes < 1e15)) {
    throw Error(ErrorKind::kUsage, fmt::format("'{}' is not a size such as 256MiB or 2GB", text));
  }
  return static_cast<std::size_t>(bytes);
}

}  // namespace attune::pipeline
