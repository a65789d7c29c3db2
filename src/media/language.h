#pragma once

#include <string_view>

namespace attune::media {

/// Whether two language tags mean the same language: "de", "deu", "ger" and "de-AT" do. Compares
/// the primary subtags without case, through ISO 639-1 and both forms of ISO 639-2 for the
/// languages that have differing ones.
bool same_language(std::string_view a, std::string_view b);

}  // namespace attune::media
