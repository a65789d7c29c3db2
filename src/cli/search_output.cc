#include "cli/search_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "captions/utf8.h"

namespace attune::cli {
namespace {

using nlohmann::json;

/// Bytes of a text that are shown, when it is longer.
constexpr std::size_t kLongestText = 240;
/// Of those, before the first mark.
constexpr std::size_t kBeforeMark = 80;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string printable(const std::string& path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n')
      text += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
      text += fmt::format("\\x{:02x}", byte);
    else
      text += c;
  }
  return text;
}

/// The nearest place at or before `position` where a character begins.
std::size_t character_start(const std::string& text, std::size_t position) {
  while (position > 0 && position < text.size() &&
         (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80)
    --position;
  return std::min(position, text.size());
}

std::string excerpt(const search::Hit& hit, bool colours) {
  // As long as the text itself: marks keep their places.
  const std::string text = captions::single_line(hit.text);
  std::size_t begin = 0;
  std::size_t end = text.size();
  if (text.size() > kLongestText) {
    const std::size_t mark = hit.marks.empty() ? 0 : hit.marks.front().begin;
    begin = character_start(text, mark > kBeforeMark ? mark - kBeforeMark : 0);
    end = character_start(text, std::min(begin + kLongestText, text.size()));
  }
  std::string shown = begin > 0 ? "\u2026" : "";
  std::size_t position = begin;
  for (const search::Mark& mark : hit.marks) {
    if (!colours || mark.end > end) break;
    shown += text.substr(position, mark.begin - position);
    shown += kBold;
    shown += text.substr(mark.begin, mark.end - mark.begin);
    shown += kPlain;
    position = mark.end;
  }
  shown += text.substr(position, end - position);
  return end < text.size() ? shown + "\u2026" : shown;
}

std::string event_text(const search::Hit& hit) {
  std::string text = hit.event;
  if (hit.span.duration() > Duration::zero()) text += " until " + format_timestamp(hit.span.end);
  if (hit.value) text += fmt::format(", {:+.3f} s", *hit.value);
  if (hit.confidence) text += fmt::format(", confidence {:.2f}", *hit.confidence);
  return hit.text.empty() ? text : text + ": " + captions::single_line(hit.text);
}

/// Code points before a place in the text.
std::size_t characters_before(const std::string& text, std::size_t position) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

json to_json(const search::Hit& hit) {
  json object = {{"file", hit.file.string()},
                 {"media", hit.media},
                 {"title", hit.title},
                 {"language", hit.language},
                 {"media_start", to_seconds(hit.media_span.start)},
                 {"media_end", to_seconds(hit.media_span.end)},
                 {"start", to_seconds(hit.span.start)},
                 {"end", to_seconds(hit.span.end)},
                 {"time", to_seconds(hit.time)},
                 {"speakers", hit.speakers},
                 {"text", hit.text},
                 {"matches", json::array()}};
  for (const search::Mark& mark : hit.marks) {
    json match = {{"text", hit.text.substr(mark.begin, mark.end - mark.begin)},
                  {"from", characters_before(hit.text, mark.begin)},
                  {"to", characters_before(hit.text, mark.end)}};
    if (mark.said) {
      match["start"] = to_seconds(mark.said->span.start);
      match["end"] = to_seconds(mark.said->span.end);
      match["confidence"] = mark.said->confidence;
    }
    object["matches"].push_back(std::move(match));
  }
  if (!hit.event.empty()) object["event"] = hit.event;
  if (hit.value) object["value"] = *hit.value;
  if (hit.confidence) object["confidence"] = *hit.confidence;
  return object;
}

}  // namespace

std::string to_line(const search::Hit& hit, bool colours) {
  std::string line =
      fmt::format("{}  {}  ", printable(hit.file.string()), format_timestamp(hit.time));
  if (!hit.speakers.empty()) line += fmt::format("{}: ", fmt::join(hit.speakers, ", "));
  return line + (hit.event.empty() ? excerpt(hit, colours) : event_text(hit));
}

std::string to_json(const search::SearchRequest& request, const search::Answer& answer) {
  json object = {
      {"schema", "attune-search-1"},
      {"index", request.index.string()},
      {"query", request.query},
      {"speaker", request.speaker},
      {"event", request.event},
      {"file", request.file},
      {"order", request.order == search::Order::kTime ? "time" : "relevance"},
      {"total", answer.total},
      {"offset", request.offset},
      {"hits", json::array()},
  };
  for (const search::Hit& hit : answer.hits) object["hits"].push_back(to_json(hit));
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace attune::cli
