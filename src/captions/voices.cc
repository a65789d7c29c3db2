#include "captions/voices.h"

#include <algorithm>

#include "captions/utf8.h"

namespace attune::captions {
bool is_blank(std::string_view text) {
  return single_line(text).find_first_not_of(' ') == std::string::npos;
}

std::vector<VoiceLines> voices_of(const Caption& caption) {
  if (caption.line_voices.empty())
    return {{{caption.speaker, caption.speaker_name}, caption.lines}};
  std::vector<VoiceLines> voices;
  for (std::size_t i = 0; i < caption.lines.size(); ++i) {
    const Voice voice = i < caption.line_voices.size()
                            ? caption.line_voices[i]
                            : Voice{caption.speaker, caption.speaker_name};
    if (voices.empty() || voices.back().voice.name != voice.name) voices.push_back({voice, {}});
    voices.back().lines.push_back(caption.lines[i]);
  }
  return voices;
}

std::string joined(const std::vector<std::string>& lines, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) text += separator;
    text += lines[i];
  }
  return text;
}

void CueText::voice(std::string name) {
  voice_ = std::move(name);
}

void CueText::text(std::string_view text) {
  if (text.empty()) return;
  if (is_blank(lines_.back().text)) {
    lines_.back().voice = voice_;
  } else if (lines_.back().voice != voice_) {
    if (is_blank(text)) return;
    lines_.back().text.erase(lines_.back().text.find_last_not_of(' ') + 1);
    lines_.push_back({voice_, {}});
  }
  lines_.back().text += text;
}

void CueText::line_break() {
  lines_.push_back({voice_, {}});
}

void CueText::lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    this->text(line);
    line_break();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void CueText::finish(Caption& caption) {
  std::erase_if(lines_, [](const Line& line) { return is_blank(line.text); });
  const auto differs = [this](const Line& line) { return line.voice != lines_.front().voice; };
  const bool shared = std::any_of(lines_.begin(), lines_.end(), differs);
  caption.speaker_name = lines_.empty() ? "" : lines_.front().voice;
  for (Line& line : lines_) {
    if (shared) caption.line_voices.push_back({0, line.voice});
    caption.lines.push_back(single_line(line.text));
  }
  *this = CueText();
}

}  // namespace attune::captions
