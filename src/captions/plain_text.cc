#include "captions/plain_text.h"

#include <fmt/format.h>

#include <optional>

#include "captions/direction.h"
#include "captions/utf8.h"
#include "captions/voices.h"

namespace attune::captions {

std::string write_plain_text(const Result& result) {
  std::string text;
  std::optional<std::string> speaking;
  for (const Caption& caption : result.captions) {
    for (const VoiceLines& voice : voices_of(caption)) {
      const bool turn = speaking != voice.voice.name;
      if (turn && speaking) text += "\n\n";
      if (turn && !voice.voice.name.empty())
        text += fmt::format("{}{}: ", direction_mark(voice), single_line(voice.voice.name));
      if (!turn) text += ' ';
      text += single_line(joined(voice.lines, " "));
      speaking = voice.voice.name;
    }
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace attune::captions
