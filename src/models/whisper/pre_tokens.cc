#include "models/whisper/pre_tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>

namespace attune::models::whisper {
namespace {

enum class CharacterClass { kLetter, kNumber, kSpace, kOther };

struct Character {
  CharacterClass type = CharacterClass::kOther;
  std::size_t size = 0;
};

constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t",  "'re", "'ve",
                                                           "'m", "'ll", "'d"};

Character character_at(std::string_view text, std::size_t position) {
  const auto length = static_cast<std::int64_t>(text.size());
  auto next = static_cast<std::int64_t>(position);
  UChar32 c = 0;
  U8_NEXT(text.data(), next, length, c);
  const std::size_t size = static_cast<std::size_t>(next) - position;
  if (c < 0) return {CharacterClass::kOther, size};
  if (u_isUWhiteSpace(c)) return {CharacterClass::kSpace, size};
  const auto category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return {CharacterClass::kLetter, size};
  if ((category & U_GC_N_MASK) != 0) return {CharacterClass::kNumber, size};
  return {CharacterClass::kOther, size};
}

/// End of the run of characters of one class that begins at `position`.
std::size_t end_of_run(std::string_view text, std::size_t position, CharacterClass type) {
  while (position < text.size()) {
    const Character next = character_at(text, position);
    if (next.type != type) break;
    position += next.size;
  }
  return position;
}

std::size_t contraction_at(std::string_view text, std::size_t position) {
  for (const std::string_view contraction : kContractions)
    if (text.substr(position).starts_with(contraction)) return contraction.size();
  return 0;
}

/// White space before something else leaves its last character to what follows.
std::size_t end_of_space(std::string_view text, std::size_t position) {
  const std::size_t end = end_of_run(text, position, CharacterClass::kSpace);
  if (end == text.size()) return end;
  std::size_t last = position;
  for (std::size_t next = position; next < end; next += character_at(text, next).size) last = next;
  return last == position ? end : last;
}

std::size_t end_of_piece(std::string_view text, std::size_t position) {
  if (const std::size_t size = contraction_at(text, position)) return position + size;
  const std::size_t body = text[position] == ' ' ? position + 1 : position;
  if (body < text.size()) {
    const Character first = character_at(text, body);
    if (first.type != CharacterClass::kSpace) return end_of_run(text, body, first.type);
  }
  return end_of_space(text, position);
}

}  // namespace

std::vector<std::string_view> pre_tokens(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t end = end_of_piece(text, position);
    pieces.push_back(text.substr(position, end - position));
    position = end;
  }
  return pieces;
}

}  // namespace attune::models::whisper
