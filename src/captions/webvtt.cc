#include "captions/webvtt.h"

#include <fmt/format.h>

#include <optional>

#include "captions/caption_result.h"
#include "captions/cue_times.h"
#include "captions/line_reader.h"
#include "captions/markup.h"
#include "captions/utf8.h"
#include "core/error.h"

namespace attune::captions {
namespace {

[[noreturn]] void fail(const LineReader& reader, std::string_view what) {
  throw Error(ErrorKind::kInput, fmt::format("WebVTT, line {}: {}", reader.number(), what));
}

/// The name in `<v Name>` or `<v.class Name>`, at the start of a line; empty when there is none.
std::string voice_of(std::string_view line) {
  if (!line.starts_with("<v ") && !line.starts_with("<v.")) return {};
  const std::size_t blank = line.find(' ');
  const std::size_t close = line.find('>');
  if (close == std::string_view::npos || blank > close) return {};
  return plain(line.substr(blank + 1, close - blank - 1));
}

}  // namespace

std::string write_webvtt(const Result& result) {
  std::string text = fmt::format("WEBVTT\n\nNOTE attune {}\n", escaped(result.attune_version));
  auto out = std::back_inserter(text);
  int number = 0;
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    fmt::format_to(out, "\n{}\n{}\n<v {}>", ++number, cue_times(caption.span, '.'),
                   escaped(single_line(caption.speaker_name)));
    for (std::size_t i = 0; i < caption.lines.size(); ++i) {
      fmt::format_to(out, "{}{}", i > 0 ? "\n" : "", escaped(single_line(caption.lines[i])));
    }
    text += "</v>\n";
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
  while (reader.next(line)) {
    if (line.find("-->") == std::string_view::npos) continue;
    const std::optional<TimeSpan> span = parse_cue_times(line);
    if (!span) fail(reader, "the times of the cue cannot be read");
    Caption caption;
    caption.span = *span;
    while (reader.next(line) && !line.empty()) {
      if (caption.speaker_name.empty()) caption.speaker_name = voice_of(line);
      caption.lines.push_back(plain(line));
    }
    captions.push_back(std::move(caption));
  }
  return result_of(std::move(captions));
}

}  // namespace attune::captions
