#pragma once

#include <map>
#include <string>
#include <vector>

#include "pipeline/parameters.h"

namespace attune::nodes {

/// The parameters `speakers`, `speakers_file` and `off_screen`, for node types that call people by
/// name.
std::vector<pipeline::ParameterSpec> speaker_parameters();

/// The names that the user gave, by the number of the speaker in order of first speech.
/// Throws Error(kConfig) for a key that is no number from 1, a blank name, and for a file that
/// cannot be read or names a speaker twice, with its line.
std::map<int, std::string> chosen_names(const pipeline::Parameters& parameters);

}  // namespace attune::nodes
