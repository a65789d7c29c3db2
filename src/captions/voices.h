#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "captions/caption.h"

namespace attune::captions {

/// Whether there is nothing to see: blanks and control characters alone.
bool is_blank(std::string_view text);

/// Lines of a cue that one person says.
struct VoiceLines {
  Voice voice;
  std::vector<std::string> lines;
};

/// The cue's lines by voice, in order: one entry, or one for each run of lines of one voice where
/// people share the cue.
std::vector<VoiceLines> voices_of(const Caption& caption);

/// The lines with `separator` between them.
std::string joined(const std::vector<std::string>& lines, std::string_view separator);

/// Collects the text of a cue as a reader meets it, with the voices' names.
class CueText {
 public:
  /// Who says what follows; empty: nobody is named. A change within a line starts a new one.
  void voice(std::string name);
  void text(std::string_view text);
  void line_break();
  /// Text with line feeds, or CR LF, between its lines.
  void lines(std::string_view text);

  /// Lines and names into the caption, without blank lines and with blanks for control characters;
  /// empties the collection.
  void finish(Caption& caption);

 private:
  struct Line {
    std::string voice;
    std::string text;
  };

  std::string voice_;
  std::vector<Line> lines_{1};
};

}  // namespace attune::captions
