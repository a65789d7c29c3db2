#include "captions/srt.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "captions/caption_result.h"
#include "captions/cue_times.h"
#include "captions/dashes.h"
#include "captions/direction.h"
#include "captions/line_reader.h"
#include "captions/utf8.h"
#include "captions/voices.h"
#include "core/error.h"

namespace attune::captions {
namespace {

[[noreturn]] void reject(const LineReader& reader, std::string_view what) {
  throw Error(ErrorKind::kInput, fmt::format("SRT, line {}: {}", reader.number(), what));
}

/// Whether `tag`, without its brackets, is one of the few that players of SubRip know.
bool is_tag(std::string_view tag) {
  constexpr std::array<std::string_view, 5> kNames = {"b", "i", "u", "s", "font"};
  if (tag.starts_with('/')) tag.remove_prefix(1);
  const std::string name = ascii_lower(tag.substr(0, tag.find(' ')));
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string without_tags(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const bool angle = line.front() == '<';
    const bool brace = line.starts_with("{\\");
    const std::size_t close = angle ? line.find('>') : brace ? line.find('}') : line.npos;
    if (close != line.npos && (brace || is_tag(line.substr(1, close - 1)))) {
      line.remove_prefix(close + 1);
      continue;
    }
    const std::size_t next = std::min(line.find_first_of("<{", 1), line.size());
    text += line.substr(0, next);
    line.remove_prefix(next);
  }
  return text;
}

/// The times of the next cue, after its number; nothing at the end of the file.
std::optional<TimeSpan> next_times(LineReader& reader) {
  std::string_view line;
  do {
    if (!reader.next(line)) return std::nullopt;
  } while (line.find_first_not_of(" \t") == line.npos);
  const bool is_number = line.find_first_not_of("0123456789 \t") == line.npos;
  if (is_number && !reader.next(line)) reject(reader, "the file breaks off after a cue's number");
  try {
    return parse_cue_times(line);
  } catch (const Error& error) {
    reject(reader, error.what());
  }
}

}  // namespace

std::string write_srt(const Result& result) {
  std::string text;
  auto out = std::back_inserter(text);
  std::optional<std::string> speaking;
  int number = 0;
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    if (number > 0) text += '\n';
    fmt::format_to(out, "{}\n{}\n", ++number, cue_times(caption.span, ','));
    const std::vector<VoiceLines> voices = voices_of(caption);
    if (voices.size() == 1 && speaking != voices[0].voice.name && !voices[0].voice.name.empty())
      fmt::format_to(out, "{}{}: ", direction_mark(voices[0]), single_line(voices[0].voice.name));
    for (const VoiceLines& voice : voices) {
      const bool dashed = !voice.lines.empty() && !leading_dash(voice.lines.front()).empty();
      if (voices.size() > 1 && !dashed) text += "- ";
      for (const std::string& line : voice.lines) fmt::format_to(out, "{}\n", single_line(line));
    }
    speaking = voices.size() == 1 ? std::optional(voices[0].voice.name) : std::nullopt;
  }
  return text;
}

Result read_srt(std::string_view text) {
  LineReader reader(text);
  std::vector<Caption> captions;
  CueText cue;
  while (const std::optional<TimeSpan> span = next_times(reader)) {
    Caption caption;
    caption.span = *span;
    for (std::string_view line; reader.next(line) && !line.empty();) {
      cue.text(without_tags(single_line(line)));
      cue.line_break();
    }
    cue.finish(caption);
    captions.push_back(std::move(caption));
  }
  return result_of(std::move(captions));
}

}  // namespace attune::captions
