#include "pipeline/parameters.h"

#include <fmt/format.h>

#include "core/error.h"

namespace attune::pipeline {
namespace {

std::string duration_text(Duration value) {
  using namespace std::chrono_literals;
  if (value % 1s == 0s) return fmt::format("{}s", value / 1s);
  if (value % 1ms == 0s) return fmt::format("{}ms", value / 1ms);
  if (value % 1us == 0s) return fmt::format("{}us", value / 1us);
  return fmt::format("{}ns", value.count());
}

struct TypeName {
  std::string operator()(bool) const { return "boolean"; }
  std::string operator()(std::int64_t) const { return "integer"; }
  std::string operator()(double) const { return "number"; }
  std::string operator()(const std::string&) const { return "text"; }
  std::string operator()(Duration) const { return "duration"; }
  std::string operator()(const std::map<std::string, std::string>&) const { return "map"; }
};

struct ValueText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return fmt::format("{:.6g}", value); }
  std::string operator()(const std::string& value) const { return value.empty() ? "\"\"" : value; }
  std::string operator()(Duration value) const { return duration_text(value); }
  std::string operator()(const std::map<std::string, std::string>& value) const {
    std::string text = "{";
    for (const auto& [key, entry] : value) {
      text += fmt::format("{}{}: {}", text.size() > 1 ? ", " : "", key, entry);
    }
    return text + "}";
  }
};

}  // namespace

std::string type_name(const ParameterValue& value) {
  return std::visit(TypeName{}, value);
}

std::string to_string(const ParameterValue& value) {
  return std::visit(ValueText{}, value);
}

const ParameterValue& Parameters::at(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw Error(
        ErrorKind::kInternal,
        fmt::format("a node asked for the parameter '{}', which its type does not declare", name));
  }
  return found->second;
}

void Parameters::throw_wrong_type(const std::string& name) const {
  throw Error(ErrorKind::kInternal,
              fmt::format("a node asked for the parameter '{}' as another type than {}", name,
                          type_name(at(name))));
}

}  // namespace attune::pipeline
