#include "search/id_sets.h"

#include <algorithm>
#include <iterator>

namespace attune::search {

Ids united(const Ids& a, const Ids& b) {
  Ids result;
  result.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

Ids common(const Ids& a, const Ids& b) {
  Ids result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

Ids without(const Ids& a, const Ids& b) {
  Ids result;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

Ids followed_by(const Ids& a, const Ids& b) {
  Ids result;
  auto next = b.begin();
  for (const std::int64_t id : a) {
    while (next != b.end() && *next <= id) ++next;
    if (next == b.end()) break;
    if (*next == id + 1) result.push_back(id);
  }
  return result;
}

}  // namespace attune::search
