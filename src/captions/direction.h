#pragma once

#include <string_view>

#include "captions/voices.h"

namespace attune::captions {

/// What to write before "Name: " where names are part of the text: players and editors take a
/// line's direction from its first letter, which is the name's. A mark that is not seen gives the
/// line that of its own text where the name's is another; else empty.
std::string_view direction_mark(const VoiceLines& voice);

}  // namespace attune::captions
