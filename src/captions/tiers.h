#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "captions/result.h"

namespace attune::captions {

/// What one person says, or the words of it, as linguists' formats hold it: entries one after the
/// other that do not overlap.
struct Tier {
  struct Entry {
    /// In milliseconds; never empty.
    TimeSpan span{};
    std::string text;
  };

  std::string speaker;
  /// Single words, not whole cues.
  bool words = false;
  std::vector<Entry> entries;
};

/// A tier for each person's cues, lines with line feeds between them, then one for each person's
/// words. Where something of one person overlaps, there is another tier of that person. What lies
/// before zero is cut off.
std::vector<Tier> tiers_of(const Result& result);

/// Cues and words of the tiers, for what a reader found; words have confidence 1.
Result result_of(const std::vector<Tier>& tiers);

/// "Anna", "Anna - words"; "captions" and "words" where nobody is named.
std::string tier_name(const Tier& tier);

/// Speaker and kind of a tier of this name, without entries. "captions (2)" also names nobody.
Tier named_tier(std::string_view name);

}  // namespace attune::captions
