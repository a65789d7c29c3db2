#include "captions/entity_json.h"

#include <fmt/format.h>

#include <iterator>

#include "captions/json_text.h"

namespace attune::captions {
namespace {

void write_voices(const Caption& caption, std::string& text) {
  if (caption.line_voices.empty()) return;
  text += ", \"voices\": [";
  for (std::size_t i = 0; i < caption.line_voices.size(); ++i)
    fmt::format_to(std::back_inserter(text), R"({}{{"speaker": {}, "name": {}}})",
                   i > 0 ? ", " : "", caption.line_voices[i].speaker,
                   json_string(caption.line_voices[i].name));
  text += ']';
}

}  // namespace

std::string json_members(const TimeSpan& span) {
  return fmt::format(R"("start": {}, "end": {})", json_seconds(span.start), json_seconds(span.end));
}

std::string json_members(const align::SpeechSegment& segment) {
  return fmt::format(R"({}, "speaker": {}, "tracks": [{}], "confidence": {})",
                     json_members(segment.span), segment.speaker, fmt::join(segment.tracks, ", "),
                     json_number(segment.confidence, 3));
}

std::string json_members(const Caption& caption) {
  std::string text =
      fmt::format(R"({}, "speaker": {}, "name": {}, "lines": [)", json_members(caption.span),
                  caption.speaker, json_string(caption.speaker_name));
  for (std::size_t i = 0; i < caption.lines.size(); ++i) {
    if (i > 0) text += ", ";
    text += json_string(caption.lines[i]);
  }
  text += ']';
  write_voices(caption, text);
  if (caption.placement)
    fmt::format_to(std::back_inserter(text), R"(, "placement": {{"x": {}, "y": {}}})",
                   json_number(caption.placement->x, 4), json_number(caption.placement->y, 4));
  return text;
}

std::string json_members(const align::Word& word) {
  return fmt::format(R"({}, "text": {}, "confidence": {}, "speaker": {})", json_members(word.span),
                     json_string(word.text), json_number(word.confidence, 3), word.speaker);
}

std::string json_members(const align::SyncOffset& sync) {
  return fmt::format(R"({}, "offset": {}, "confidence": {})", json_members(sync.span),
                     json_seconds(sync.offset), json_number(sync.confidence, 3));
}

}  // namespace attune::captions
