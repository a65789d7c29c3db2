#include "core/nearest_name.h"

#include <algorithm>

namespace attune {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::string nearest_name(std::string_view written, const std::vector<std::string>& names) {
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(written, name);
    const std::size_t tolerated =
        std::max<std::size_t>(1, std::max(written.size(), name.size()) / 3);
    if (distance <= tolerated && (best.empty() || distance < best_distance)) {
      best = name;
      best_distance = distance;
    }
  }
  if (!best.empty() || written.empty()) return best;
  const auto begun =
      std::ranges::find_if(names, [&](auto& name) { return name.starts_with(written); });
  return begun == names.end() ? "" : *begun;
}

}  // namespace attune
