#include "captions/webvtt.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "captions/caption_result.h"
#include "captions/cue_settings.h"
#include "captions/cue_times.h"
#include "captions/line_reader.h"
#include "captions/markup.h"
#include "captions/speaker_colours.h"
#include "captions/utf8.h"
#include "captions/voices.h"
#include "core/error.h"

namespace attune::captions {
namespace {

[[noreturn]] void fail(const LineReader& reader, std::string_view what) {
  throw Error(ErrorKind::kInput, fmt::format("WebVTT, line {}: {}", reader.number(), what));
}

/// A CSS string. Characters that mean something to CSS, or to the block it stands in, are escaped
/// by their number.
std::string css_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (std::string_view("\"\\<>&-").find(c) == std::string_view::npos) {
      result += c;
    } else {
      fmt::format_to(std::back_inserter(result), "\\{:x} ", static_cast<unsigned>(c));
    }
  }
  return result + '"';
}

/// The blank line before it ends with a carriage return, which WebVTT counts as any line end and
/// FFmpeg up to 6.0 does not: those stop reading at a STYLE block, and take this one for a part of
/// the NOTE.
std::string style_block(const Result& result) {
  const auto names = named_speakers(result);
  if (names.empty()) return {};
  std::string text = "\rSTYLE\n";
  for (const auto& [speaker, name] : names)
    fmt::format_to(std::back_inserter(text), "::cue(v[voice={}]) {{ color: {} }}\n",
                   css_string(single_line(name)), colour_of(speaker));
  return text;
}

void write_lines(const VoiceLines& voice, std::string& text) {
  const std::string name = escaped(single_line(voice.voice.name));
  if (!name.empty()) text += "<v " + name + ">";
  for (std::size_t i = 0; i < voice.lines.size(); ++i) {
    if (i > 0) text += '\n';
    text += escaped(single_line(voice.lines[i]));
  }
  text += name.empty() ? "\n" : "</v>\n";
}

/// Reads the tags of one line of a cue's text: voices count, the others are only markup.
void read_line(std::string_view line, CueText& cue) {
  while (!line.empty()) {
    const std::size_t open = std::min(line.find('<'), line.size());
    cue.text(plain(line.substr(0, open)));
    line.remove_prefix(open);
    if (line.empty()) return;
    const std::size_t close = line.find('>');
    if (close == std::string_view::npos) return;
    const std::string_view tag = line.substr(1, close - 1);
    line.remove_prefix(close + 1);
    if (tag == "/v") cue.voice("");
    const bool is_voice = tag.starts_with("v ") || tag.starts_with("v.") || tag.starts_with("v\t");
    const std::size_t blank = tag.find_first_of(" \t");
    if (is_voice && blank != std::string_view::npos) {
      const std::string name = plain(tag.substr(blank + 1));
      const std::size_t first = name.find_first_not_of(" \t");
      cue.voice(first == std::string::npos ? "" : name.substr(first));
    }
  }
}

}  // namespace

std::string webvtt_cue(const Caption& caption, std::int64_t identifier) {
  std::string text = fmt::format(
      "{}\n{}{}\n", identifier, cue_times(caption.span, '.'),
      caption.placement ? cue_settings(*caption.placement, caption.lines.size()) : "");
  for (const VoiceLines& voice : voices_of(caption)) write_lines(voice, text);
  return text;
}

std::string write_webvtt(const Result& result) {
  return write_webvtt_part(result, 1);
}

std::string write_webvtt_part(const Result& result, std::int64_t first_identifier) {
  std::string text = fmt::format("WEBVTT\n\nNOTE attune {}\n{}", escaped(result.attune_version),
                                 style_block(result));
  std::int64_t identifier = first_identifier;
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    text += '\n' + webvtt_cue(caption, identifier++);
  }
  return text;
}

Result read_webvtt(std::string_view text) {
  LineReader reader(text);
  std::string_view line;
  const bool has_header = reader.next(line) && line.starts_with("WEBVTT") &&
                          (line.size() == 6 || line[6] == ' ' || line[6] == '\t');
  if (!has_header) fail(reader, "the file does not start with WEBVTT");

  std::vector<Caption> captions;
  CueText cue;
  while (reader.next(line)) {
    if (line.find("-->") == std::string_view::npos) continue;
    Caption caption;
    try {
      caption.span = parse_cue_times(line);
    } catch (const Error& error) {
      fail(reader, error.what());
    }
    const std::string_view times = line;
    while (reader.next(line) && !line.empty()) {
      read_line(line, cue);
      cue.line_break();
    }
    cue.finish(caption);
    caption.placement = read_cue_settings(times, caption.lines.size());
    captions.push_back(std::move(caption));
  }
  return result_of(std::move(captions));
}

}  // namespace attune::captions
