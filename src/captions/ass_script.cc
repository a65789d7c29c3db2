#include "captions/ass_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "captions/direction.h"
#include "captions/speaker_colours.h"
#include "captions/utf8.h"
#include "captions/voices.h"

namespace attune::captions {
namespace {

/// Lines of the script's own grid, which the renderer scales to the picture.
constexpr int kGridHeight = 1080;
/// Usual width of a letter in heights of a line, of a wide sans serif.
constexpr double kLetterWidth = 0.48;
/// Share of the picture's width that a line of 42 letters may take.
constexpr double kLineShare = 0.9;
constexpr int kLettersInLine = 42;

double line_height(double aspect, const AssOptions& options) {
  const double widest = kLineShare * aspect / (kLettersInLine * kLetterWidth);
  return kGridHeight * std::min(options.font_size, std::max(widest, options.font_size / 2));
}

/// Plain text, so that nothing in it is an override tag or an escape.
std::string escaped_ass(std::string_view text) {
  // U+2060, word joiner: takes no space, and ends what a backslash could begin.
  constexpr std::string_view kJoiner = "\xE2\x81\xA0";
  std::string result;
  for (const char c : single_line(text)) {
    if (c == '{' || c == '}') result += '\\';
    result += c;
    if (c == '\\') result += kJoiner;
  }
  return result;
}

std::string voice_tag(align::SpeakerId speaker, std::string_view name) {
  // "#rrggbb" here, blue first there.
  const std::string_view colour = colour_of(speaker);
  const bool is_off_screen = speaker == 0 && !name.empty();
  return fmt::format("{{\\1c&H{}{}{}&\\i{}}}", colour.substr(5, 2), colour.substr(3, 2),
                     colour.substr(1, 2), is_off_screen ? 1 : 0);
}

std::string header(double aspect, const AssOptions& options) {
  const double size = line_height(aspect, options);
  const Placement usual;
  const int width = static_cast<int>(std::lround(kGridHeight * aspect));
  const int side_margin = static_cast<int>(std::lround((1 - kLineShare) / 2 * width));
  const int bottom_margin =
      std::max(0, static_cast<int>(std::lround((1 - usual.y) * kGridHeight - size / 2)));
  std::string font = options.font;
  std::ranges::replace(font, ',', ' ');
  return fmt::format(
      "[Script Info]\nScriptType: v4.00+\nWrapStyle: 0\nScaledBorderAndShadow: yes\n"
      "YCbCr Matrix: None\nPlayResX: {}\nPlayResY: {}\n\n[V4+ Styles]\n"
      "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
      "BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, "
      "BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
      // Encoding -1: the direction of a line is that of its first letter.
      "Style: Default,{},{:.1f},&H00FFFFFF,&H00FFFFFF,&H00101010,&H80000000,0,0,0,0,100,100,0,0,1,"
      "{:.1f},{:.1f},2,{},{},{},-1\n\n[Events]\n"
      "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
      width, kGridHeight, font, size, size * 0.06, size * 0.02, side_margin, side_margin,
      bottom_margin);
}

/// The place of a placed cue: the middle of the bottom of its text.
std::string position_tag(const Placement& place, double aspect, const AssOptions& options) {
  const double y = place.y * kGridHeight + line_height(aspect, options) / 2;
  return fmt::format("{{\\an2\\pos({:.1f},{:.1f})}}", place.x * kGridHeight * aspect, y);
}

bool has_dash(std::string_view line) {
  return line.starts_with('-') || line.starts_with("\xE2\x80\x93");
}

/// One voice's lines follow its name where asked; several begin with hyphens, as in other formats.
std::string body(const std::vector<VoiceLines>& voices, bool with_name) {
  std::string text;
  for (const VoiceLines& voice : voices) {
    if (!text.empty()) text += "\\N";
    text += voice_tag(voice.voice.speaker, voice.voice.name);
    // Layouts that share cues write their own dash.
    if (voices.size() > 1 && !has_dash(voice.lines.front())) text += "- ";
    if (with_name)
      text += fmt::format("{}{}: ", direction_mark(voice), escaped_ass(voice.voice.name));
    for (std::size_t i = 0; i < voice.lines.size(); ++i)
      text += (i > 0 ? "\\N" : "") + escaped_ass(voice.lines[i]);
  }
  return text;
}

}  // namespace

AssScript ass_script(const std::vector<Caption>& captions, double aspect,
                     const AssOptions& options) {
  AssScript script{header(aspect, options), {}};
  std::optional<std::string> speaking;
  for (const Caption& caption : captions) {
    const std::vector<VoiceLines> voices = voices_of(caption);
    std::string name;
    if (voices.size() == 1) name = voices.front().voice.name;
    std::string text;
    if (caption.placement) text = position_tag(*caption.placement, aspect, options);
    text += body(voices, !name.empty() && speaking != name && !caption.placement);
    speaking = name;
    script.events.push_back({caption.span, std::move(text)});
  }
  return script;
}

}  // namespace attune::captions
