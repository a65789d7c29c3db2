#include "models/whisper/tokenizer.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "core/error.h"
#include "models/whisper/pre_tokens.h"
#include "models/whisper/utf8_text.h"

namespace attune::models::whisper {
namespace {

/// GPT-2 numbers the printable characters of Latin-1 first, then all other bytes.
std::array<unsigned char, 256> make_byte_tokens() {
  std::array<unsigned char, 256> bytes{};
  std::size_t count = 0;
  const auto printable = [](int byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte != 173);
  };
  for (const bool wanted : {true, false})
    for (int byte = 0; byte < 256; ++byte)
      if (printable(byte) == wanted) bytes[count++] = static_cast<unsigned char>(byte);
  return bytes;
}

/// Some published files were written as text, so that single bytes of longer characters became
/// U+FFFD. Their places are known.
void restore_byte_tokens(std::vector<std::string>& vocabulary) {
  const auto bytes = byte_tokens();
  for (std::size_t id = 0; id < bytes.size(); ++id) {
    const std::string expected(1, static_cast<char>(bytes[id]));
    if (vocabulary[id] != expected && !(bytes[id] >= 0x80 && vocabulary[id] == kReplacement))
      throw Error(ErrorKind::kModel,
                  fmt::format("the vocabulary is no byte-level one of GPT-2's kind: token {} is "
                              "\"{}\" where byte 0x{:02x} is expected",
                              id, valid_utf8(vocabulary[id]), bytes[id]));
    vocabulary[id] = expected;
  }
}

}  // namespace

std::span<const unsigned char, 256> byte_tokens() {
  static const std::array<unsigned char, 256> bytes = make_byte_tokens();
  return bytes;
}

Tokenizer::Tokenizer(std::vector<std::string> vocabulary, int size)
    : special_(SpecialTokens::for_vocabulary(size)), vocabulary_(std::move(vocabulary)) {
  const auto text_tokens = static_cast<std::size_t>(special_.end_of_text);
  // The last text token of the multilingual vocabularies is empty, and left out by some files.
  const std::size_t least = special_.multilingual ? text_tokens - 1 : text_tokens;
  if (vocabulary_.size() < least || vocabulary_.size() > static_cast<std::size_t>(size))
    throw Error(ErrorKind::kModel,
                fmt::format("the vocabulary does not fit the model: it has {} tokens where a model "
                            "of {} tokens has {} for text",
                            vocabulary_.size(), size, text_tokens));
  vocabulary_.resize(text_tokens);
  restore_byte_tokens(vocabulary_);
  ids_.reserve(text_tokens);
  for (std::size_t id = 0; id < text_tokens; ++id)
    if (!vocabulary_[id].empty()) ids_.emplace(vocabulary_[id], static_cast<Token>(id));
}

std::vector<Token> Tokenizer::encode(std::string_view text) const {
  std::vector<Token> tokens;
  for (const std::string_view piece : pre_tokens(text)) encode_piece(piece, tokens);
  return tokens;
}

void Tokenizer::encode_piece(std::string_view piece, std::vector<Token>& out) const {
  constexpr Token kNone = std::numeric_limits<Token>::max();
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < piece.size(); ++i) parts.push_back(piece.substr(i, 1));
  const auto id_of = [&](std::string_view part) {
    const auto found = ids_.find(part);
    return found == ids_.end() ? kNone : found->second;
  };
  while (parts.size() > 1) {
    Token lowest = kNone;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Token id = id_of({parts[i].data(), parts[i].size() + parts[i + 1].size()});
      if (id >= lowest) continue;
      lowest = id;
      place = i;
    }
    if (lowest == kNone) break;
    parts[place] = {parts[place].data(), parts[place].size() + parts[place + 1].size()};
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  for (const std::string_view part : parts) out.push_back(id_of(part));
}

std::string_view Tokenizer::bytes(Token token) const {
  if (token < 0 || !special_.is_text(token)) return {};
  return vocabulary_[static_cast<std::size_t>(token)];
}

std::string Tokenizer::decode(std::span<const Token> tokens) const {
  std::string joined;
  for (const Token token : tokens) joined += bytes(token);
  return valid_utf8(joined);
}

}  // namespace attune::models::whisper
