#pragma once

#include <string_view>

namespace attune::models::whisper {

/// Bytes of the text for each byte that zlib makes of it (default level); 0 for none. Speech stays
/// under 2.4; what repeats itself is above.
double compression_ratio(std::string_view text);

}  // namespace attune::models::whisper
