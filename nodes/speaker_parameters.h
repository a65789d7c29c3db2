#pragma once

#include <map>
#include <string>
#include <vector>

#include "captions/speaker_names.h"
#include "pipeline/parameters.h"

namespace attune::nodes {

/// The parameters `speakers`, `speakers_file` and `off_screen`, for node types that call people by
/// name.
std::vector<pipeline::ParameterSpec> speaker_parameters();

/// The names that the user gave, by the number of the speaker in order of first speech.
/// Throws Error(kConfig) for a key that is no number from 1, a blank name, and for a file that
/// cannot be read or names a speaker twice, with its line.
std::map<int, std::string> chosen_names(const pipeline::Parameters& parameters);

/// The same for a live feed, where people are numbered by their first appearance, since nobody knows
/// yet who will speak: what every node of it calls them. Throws as chosen_names().
captions::SpeakerNames live_names(const pipeline::Parameters& parameters);

}  // namespace attune::nodes
