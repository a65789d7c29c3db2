#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/whisper/special_tokens.h"

namespace attune::models::whisper {

/// Byte-level byte pair encoding as GPT-2 has it (Radford et al. 2019): any text is a sequence of
/// text tokens, and their bytes in a row are the text again. Pairs are merged in the order of the
/// ids of their results, which is the order in which the merges were learnt. Thread-safe.
class Tokenizer {
 public:
  /// `vocabulary`: the bytes of each text token, by id; entries from the end token on are ignored.
  /// `size`: tokens of the model, special ones included. Throws Error(kModel) when the size is no
  /// Whisper model's or the vocabulary does not fit it.
  Tokenizer(std::vector<std::string> vocabulary, int size);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  const SpecialTokens& special() const { return special_; }

  /// Text tokens of UTF-8 text; special tokens have no spelling.
  std::vector<Token> encode(std::string_view text) const;

  /// The bytes of a token, which may be a part of a character; empty for special tokens.
  std::string_view bytes(Token token) const;

  /// The text of the text tokens among these; U+FFFD where their bytes are no UTF-8.
  std::string decode(std::span<const Token> tokens) const;

 private:
  void encode_piece(std::string_view piece, std::vector<Token>& out) const;

  SpecialTokens special_;
  std::vector<std::string> vocabulary_;
  std::unordered_map<std::string_view, Token> ids_;
};

/// The byte that each of the first 256 tokens stands for.
std::span<const unsigned char, 256> byte_tokens();

}  // namespace attune::models::whisper
