#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "captions/caption.h"
#include "captions/function_words.h"
#include "captions/profile.h"

namespace attune::captions {

/// Finds lines and cues that end where no text should be broken (lint.h, rule `break`). Keeps
/// references to `captions` and `profile`.
class BreakLinter {
 public:
  BreakLinter(std::span<const Caption> captions, const Profile& profile);

  /// What is wrong with the breaks of cue `index`; nothing when they are well chosen.
  std::optional<std::string> bad_break(std::size_t index) const;

 private:
  std::optional<std::string> bad_line(const Caption& caption) const;
  std::optional<std::string> bad_end(const Caption& caption, const Caption& next) const;
  bool has_better_break(std::span<const std::string> words, int max_columns) const;

  std::span<const Caption> captions_;
  const Profile& profile_;
  Language language_;
};

}  // namespace attune::captions
