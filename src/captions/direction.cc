#include "captions/direction.h"

#include "captions/unicode.h"

namespace attune::captions {

std::string_view direction_mark(const VoiceLines& voice) {
  constexpr std::string_view kLeftToRightMark = "\u200E";
  constexpr std::string_view kRightToLeftMark = "\u200F";
  if (voice.lines.empty()) return "";
  const bool right_to_left = is_right_to_left(voice.lines.front());
  if (right_to_left == is_right_to_left(voice.voice.name)) return "";
  return right_to_left ? kRightToLeftMark : kLeftToRightMark;
}

}  // namespace attune::captions
