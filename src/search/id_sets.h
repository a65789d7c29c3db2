#pragma once

#include <cstdint>
#include <vector>

namespace attune::search {

/// Ids in rising order, each once.
using Ids = std::vector<std::int64_t>;

Ids united(const Ids& a, const Ids& b);
Ids common(const Ids& a, const Ids& b);
/// Those of `a` that are not in `b`.
Ids without(const Ids& a, const Ids& b);
/// Those of `a` whose successor, id + 1, is in `b`.
Ids followed_by(const Ids& a, const Ids& b);

}  // namespace attune::search
