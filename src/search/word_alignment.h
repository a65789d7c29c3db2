#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "align/speech.h"

namespace attune::search {

/// For each of tokens_of(text), the index of the word that it comes from: the longest common
/// subsequence of the text's tokens and the words' own. Nothing for tokens that no word has, as
/// where captions were edited.
std::vector<std::optional<std::size_t>> words_of_tokens(std::string_view text,
                                                        const std::vector<align::Word>& words);

}  // namespace attune::search
