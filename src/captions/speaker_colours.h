#pragma once

#include <map>
#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// "#rrggbb": white for nobody in particular, then the colours that European broadcasters give to
/// speakers on black (yellow, cyan, green), then others that can be told from them; in turns when
/// there are more people.
std::string_view colour_of(align::SpeakerId speaker);

/// The name of everybody who has a line in the captions, by number; the unnamed are left out.
std::map<align::SpeakerId, std::string> named_speakers(const Result& result);

}  // namespace attune::captions
