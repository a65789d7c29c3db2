#pragma once

#include <cstddef>
#include <string>

#include "pipeline/parameters.h"
#include "pipeline/substitution.h"

namespace attune::pipeline {

/// Turns the YAML value of one parameter into its declared type; throws Error(kConfig) on a wrong
/// type, a value out of range and an unknown choice. `owner` names the node in the message.
ParameterValue check_parameter(const YamlSource& source, Substitution& substitution,
                               const ParameterSpec& spec, const ResolvedValue& value,
                               const std::string& owner);

/// True when a value of the declared type lies in the declared range or choices.
bool is_allowed(const ParameterSpec& spec, const ParameterValue& value);

/// Reads "256MiB", "64 KiB", "2GB" or a bare number of bytes. Throws Error(kUsage) on anything
/// else.
std::size_t parse_size(const std::string& text);

}  // namespace attune::pipeline
