#include "pipeline/substitution.h"

#include <fmt/format.h>

#include <regex>
#include <vector>

#include "core/log.h"
#include "core/nearest_name.h"

namespace attune::pipeline {
namespace {

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& entry : map) names.push_back(entry.first);
  return names;
}

std::string flow_text(const YAML::Node& value) {
  YAML::Emitter emitter;
  emitter << YAML::Flow << value;
  return emitter.c_str();
}

/// Replaces each match of `reference` by what `replace` makes of its name.
template <class Replace>
std::string replace_references(const std::string& text, const std::regex& reference,
                               const Replace& replace) {
  std::string result;
  auto copied = text.begin();
  for (std::sregex_iterator match(text.begin(), text.end(), reference), end; match != end;
       ++match) {
    result.append(copied, text.begin() + match->position());
    result += replace((*match)[1].str());
    copied = text.begin() + match->position() + match->length();
  }
  return result.append(copied, text.end());
}

}  // namespace

Substitution::Substitution(const YamlSource& source, const YAML::Node& parameters,
                           const Overrides& overrides)
    : source_(source) {
  if (parameters.IsDefined() && !parameters.IsNull()) {
    source.require_map(parameters, parameters.Mark(), "'parameters'");
    for (const auto& entry : parameters) {
      const std::string name = entry.first.Scalar();
      if (entry.second.IsSequence()) {
        source.fail(mark_of(entry.second, entry.first),
                    {.problem = fmt::format("parameter '{}' is a list", name),
                     .expected = "a single value or a map"});
      }
      const YAML::Node value = entry.second.IsNull() ? YAML::Node("") : YAML::Clone(entry.second);
      entries_[name] = {value, fmt::format(" (from ${{{}}})", name)};
    }
  }
  for (const auto& [name, text] : overrides) apply(parameters, name, text);
}

void Substitution::apply(const YAML::Node& block, const std::string& name,
                         const std::string& text) {
  const auto dot = name.find('.');
  const std::string head = name.substr(0, dot);
  const YAML::Mark at = block.IsDefined() && !block.IsNull() ? block.Mark() : source_.root().Mark();
  const auto found = entries_.find(head);
  if (found == entries_.end()) {
    const auto names = names_of(entries_);
    source_.fail(
        at, {.problem = fmt::format("--set {}={}: there is no parameter '{}'", name, text, head),
             .expected = names.empty() ? "no --set: the file has no 'parameters'" : one_of(names),
             .suggestion = nearest_name(head, names)});
  }
  Entry& entry = found->second;
  if (dot != std::string::npos) {
    if (!entry.value.IsMap()) {
      source_.fail(
          at, {.problem = fmt::format("--set {}={}: parameter '{}' is not a map", name, text, head),
               .expected = fmt::format("--set {}=VALUE", head)});
    }
    entry.value[name.substr(dot + 1)] = text;
  } else if (entry.value.IsMap()) {
    YAML::Node map;
    try {
      map = YAML::Load(text);
    } catch (const YAML::ParserException&) {
    }
    if (!map.IsMap()) {
      source_.fail(
          at,
          {.problem = fmt::format("--set {}={}: parameter '{}' is a map", name, text, head),
           .expected = fmt::format("--set {}.KEY=VALUE or --set '{}={{KEY: VALUE}}'", head, head)});
    }
    entry.value = map;
  } else {
    entry.value = YAML::Node(text);
  }
  entry.origin = fmt::format(" (from --set {}={})", name, text);
}

Substitution::Entry& Substitution::find(const std::string& name, const YAML::Mark& at) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    const auto names = names_of(entries_);
    source_.fail(at, {.problem = fmt::format("${{{}}} is not defined under 'parameters'", name),
                      .expected = names.empty() ? "" : one_of(names),
                      .suggestion = nearest_name(name, names)});
  }
  found->second.used = true;
  return found->second;
}

ResolvedValue Substitution::resolve(const YAML::Node& value, const YAML::Mark& at) {
  static const std::regex reference(R"(\$<([A-Za-z_][A-Za-z0-9_]*)>)");
  if (!value.IsScalar()) return {value, at, ""};
  const std::string& text = value.Scalar();
  std::smatch whole;
  if (std::regex_match(text, whole, reference)) {
    const Entry& entry = find(whole[1].str(), at);
    return {entry.value, at, entry.origin};
  }
  std::string origin;
  const std::string replaced = replace_references(text, reference, [&](const std::string& name) {
    const Entry& entry = find(name, at);
    if (!entry.value.IsScalar()) {
      source_.fail(at,
                   {.problem = fmt::format("${{{}}} is a map and cannot be part of a text", name)});
    }
    origin = entry.origin;
    return entry.value.Scalar();
  });
  return origin.empty() ? ResolvedValue{value, at, ""}
                        : ResolvedValue{YAML::Node(replaced), at, origin};
}

std::string Substitution::substituted_text() const {
  static const std::regex reference(R"(\$\{([A-Za-z_][A-Za-z0-9_]*)\})");
  return replace_references(source_.text(), reference, [&](const std::string& name) {
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::string() : flow_text(found->second.value);
  });
}

void Substitution::warn_unused() const {
  for (const auto& [name, entry] : entries_) {
    if (!entry.used) {
      log()->warn("{}: parameter '{}' is used by no node", source_.file().string(), name);
    }
  }
}

}  // namespace attune::pipeline
