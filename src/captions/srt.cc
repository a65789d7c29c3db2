#include "captions/srt.h"

#include <fmt/format.h>

#include <optional>

#include "captions/caption_result.h"
#include "captions/cue_times.h"
#include "captions/line_reader.h"
#include "captions/utf8.h"
#include "core/error.h"

namespace attune::captions {

std::string write_srt(const Result& result) {
  std::string text;
  auto out = std::back_inserter(text);
  std::optional<std::string> speaking;
  int number = 0;
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    if (number > 0) text += '\n';
    fmt::format_to(out, "{}\n{}\n", ++number, cue_times(caption.span, ','));
    if (speaking != caption.speaker_name) {
      fmt::format_to(out, "{}: ", single_line(caption.speaker_name));
    }
    speaking = caption.speaker_name;
    for (const std::string& line : caption.lines) fmt::format_to(out, "{}\n", single_line(line));
  }
  return text;
}

Result read_srt(std::string_view text) {
  LineReader reader(text);
  std::vector<Caption> captions;
  std::string_view line;
  while (reader.next(line)) {
    if (line.empty()) continue;
    const bool is_number = line.find_first_not_of("0123456789 \t") == std::string_view::npos;
    if (is_number && !reader.next(line)) break;
    const std::optional<TimeSpan> span = parse_cue_times(line);
    if (!span) {
      throw Error(
          ErrorKind::kInput,
          fmt::format("SRT, line {}: the times of the cue cannot be read", reader.number()));
    }
    Caption caption;
    caption.span = *span;
    while (reader.next(line) && !line.empty()) caption.lines.emplace_back(line);
    captions.push_back(std::move(caption));
  }
  return result_of(std::move(captions));
}

}  // namespace attune::captions
