#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/time.h"

namespace attune::pipeline {

using ParameterValue = std::variant<bool, std::int64_t, double, std::string, Duration,
                                    std::map<std::string, std::string>>;

/// Declares one parameter of a node type: the single source for checking a configuration, for
/// `attune nodes TYPE` and for the documentation.
struct ParameterSpec {
  std::string name;
  /// Also fixes the type. Ignored, but for its type, when `required`.
  ParameterValue default_value;
  std::string doc;
  /// Unit of numbers, for people: "px", "Hz", "tokens". Durations carry their own.
  std::string unit{};
  /// Inclusive range of numbers, in seconds for durations.
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  /// The allowed values of a string; empty: any.
  std::vector<std::string> choices{};
  bool required = false;
};

/// The values a parameter takes, for people: "an integer from 64 to 4096 px", "one of a, b".
std::string allowed_values(const ParameterSpec& spec);

std::string type_name(const ParameterValue& value);
std::string to_string(const ParameterValue& value);

/// The checked parameters of one node: every declared parameter is present with its declared type.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::map<std::string, ParameterValue> values) : values_(std::move(values)) {}

  /// T is one of the alternatives of ParameterValue. Asking for an undeclared parameter or for
  /// another type is a defect of the node and throws Error(kInternal).
  template <class T>
  const T& get(const std::string& name) const;

 private:
  const ParameterValue& at(const std::string& name) const;
  [[noreturn]] void throw_wrong_type(const std::string& name) const;
  std::map<std::string, ParameterValue> values_;
};

template <class T>
const T& Parameters::get(const std::string& name) const {
  const T* value = std::get_if<T>(&at(name));
  if (value == nullptr) throw_wrong_type(name);
  return *value;
}

}  // namespace attune::pipeline
