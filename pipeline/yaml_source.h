#pragma once

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace attune::pipeline {

/// What is wrong with a place of a pipeline description.
struct Complaint {
  std::string problem;
  /// What would have been right; left out of the message when empty.
  std::string expected{};
  /// The nearest valid name; left out when empty.
  std::string suggestion{};
};

/// "one of a, b, c", for Complaint::expected.
std::string one_of(const std::vector<std::string>& names);

/// A pipeline description as text and as YAML tree, with the positions that messages need.
///
/// `${name}` may stand anywhere, also inside `{...}`, where YAML does not allow braces in plain
/// text: the tree therefore holds it as `$<name>`, which has the same length and keeps all columns.
class YamlSource {
 public:
  /// Throws Error(kConfig) on a YAML syntax error.
  YamlSource(std::string text, std::filesystem::path file);

  const YAML::Node& root() const { return root_; }
  const std::string& text() const { return text_; }
  const std::filesystem::path& file() const { return file_; }

  /// "file:line:column: problem", the lines around it with a caret, what was expected and "did you
  /// mean". Throws Error(kConfig).
  [[noreturn]] void fail(const YAML::Mark& at, const Complaint& complaint) const;

  /// Fails when `node` is not a map or a key stands in it twice.
  void require_map(const YAML::Node& node, const YAML::Mark& at, const std::string& what) const;

 private:
  std::string text_;
  std::filesystem::path file_;
  std::vector<std::string> lines_;
  YAML::Node root_;
};

/// The position of a value; that of its key when the value is left empty.
YAML::Mark mark_of(const YAML::Node& value, const YAML::Node& key);

}  // namespace attune::pipeline
