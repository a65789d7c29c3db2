#include "pipeline/yaml_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "core/error.h"

namespace attune::pipeline {
namespace {

std::string with_tree_references(const std::string& text) {
  static const std::regex reference(R"(\$\{([A-Za-z_][A-Za-z0-9_]*)\})");
  return std::regex_replace(text, reference, "$$<$1>");
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace

std::string one_of(const std::vector<std::string>& names) {
  if (names.size() == 1) return fmt::format("'{}'", names.front());
  return fmt::format("one of {}", fmt::join(names, ", "));
}

YamlSource::YamlSource(std::string text, std::filesystem::path file)
    : text_(std::move(text)), file_(std::move(file)), lines_(split_lines(text_)) {
  try {
    root_ = YAML::Load(with_tree_references(text_));
  } catch (const YAML::ParserException& error) {
    fail(error.mark, {.problem = fmt::format("not valid YAML: {}", error.msg)});
  }
}

void YamlSource::fail(const YAML::Mark& at, const Complaint& complaint) const {
  const int last_line = static_cast<int>(lines_.size()) - 1;
  const int line = std::clamp(at.line, 0, last_line);
  const int column =
      at.line > last_line ? static_cast<int>(lines_.back().size()) : std::max(at.column, 0);
  std::string message =
      fmt::format("{}:{}:{}: {}\n", file_.string(), line + 1, column + 1, complaint.problem);
  for (int i = std::max(0, line - 2); i <= std::min(last_line, line + 1); ++i) {
    message += fmt::format("{:5} | {}\n", i + 1, lines_[static_cast<std::size_t>(i)]);
    if (i == line) message += fmt::format("      | {:>{}}\n", '^', column + 1);
  }
  if (!complaint.expected.empty()) message += fmt::format("expected {}\n", complaint.expected);
  if (!complaint.suggestion.empty()) {
    message += fmt::format("did you mean '{}'?\n", complaint.suggestion);
  }
  message.pop_back();
  throw Error(ErrorKind::kConfig, message);
}

void YamlSource::require_map(const YAML::Node& node, const YAML::Mark& at,
                             const std::string& what) const {
  if (!node.IsMap()) {
    fail(at, {.problem = fmt::format("{} is not a map", what), .expected = "'name: value' lines"});
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      fail(entry.first.Mark(), {.problem = fmt::format("a key of {} is not a name", what)});
    }
    if (!seen.insert(entry.first.Scalar()).second) {
      fail(entry.first.Mark(),
           {.problem = fmt::format("'{}' stands twice in {}", entry.first.Scalar(), what)});
    }
  }
}

YAML::Mark mark_of(const YAML::Node& value, const YAML::Node& key) {
  const YAML::Mark mark = value.Mark();
  return value.IsNull() || mark.is_null() ? key.Mark() : mark;
}

}  // namespace attune::pipeline
