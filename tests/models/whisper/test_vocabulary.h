#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

/// The 256 bytes, then these texts, then nothing: a vocabulary small enough to know by heart.
inline std::vector<std::string> vocabulary_of(const std::vector<std::string>& texts) {
  std::vector<std::string> vocabulary;
  for (const unsigned char byte : byte_tokens())
    vocabulary.emplace_back(1, static_cast<char>(byte));
  vocabulary.insert(vocabulary.end(), texts.begin(), texts.end());
  vocabulary.resize(50257);
  return vocabulary;
}

/// Id of the n-th of the texts.
constexpr Token text_token(int n) {
  return 256 + n;
}

inline constexpr int kMultilingualSize = 51865;
inline constexpr int kEnglishSize = 51864;

}  // namespace attune::models::whisper
