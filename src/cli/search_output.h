#pragma once

#include <string>

#include "search/search.h"

namespace attune::cli {

/// "FILE  HH:MM:SS.mmm  Speaker: text" on one line, long texts cut around the first mark; control
/// characters of a file's name are escaped. With colours the marks are bold.
std::string to_line(const search::Hit& hit, bool colours);

/// The whole answer as one JSON object on a line (docs/schema/search.schema.json).
std::string to_json(const search::SearchRequest& request, const search::Answer& answer);

}  // namespace attune::cli
