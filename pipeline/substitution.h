#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>

#include "pipeline/config.h"
#include "pipeline/yaml_source.h"

namespace attune::pipeline {

/// A value of a node block after substitution.
struct ResolvedValue {
  YAML::Node value;
  /// Where the value, or the reference to it, stands in the node block.
  YAML::Mark at;
  /// How it came there, for messages: "", " (from ${size})" or " (from --set size=big)".
  std::string origin;
};

/// The `parameters:` block with the values of `--set` in place.
class Substitution {
 public:
  /// `parameters` may be undefined (no such block). Throws Error(kConfig) when an override names no
  /// parameter of the block.
  Substitution(const YamlSource& source, const YAML::Node& parameters, const Overrides& overrides);

  /// Replaces `${name}`: a text that is nothing else takes the parameter's value as it is, maps
  /// included; inside a longer text the value must be a single one. Keeps a use count.
  /// Throws Error(kConfig) on an undefined name.
  ResolvedValue resolve(const YAML::Node& value, const YAML::Mark& at);

  /// The text with every reference replaced: what the configuration's hash is made of.
  std::string substituted_text() const;

  /// Logs a warning for each parameter that nothing refers to.
  void warn_unused() const;

 private:
  struct Entry {
    YAML::Node value;
    std::string origin;
    bool used = false;
  };

  void apply(const YAML::Node& block, const std::string& name, const std::string& text);
  Entry& find(const std::string& name, const YAML::Mark& at);

  const YamlSource& source_;
  std::map<std::string, Entry> entries_;
};

}  // namespace attune::pipeline
