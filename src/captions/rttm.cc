#include "captions/rttm.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "captions/utf8.h"

namespace attune::captions {
namespace {

std::string field(std::string_view text) {
  std::string result = single_line(text);
  std::replace(result.begin(), result.end(), ' ', '_');
  return result.empty() ? "<NA>" : result;
}

}  // namespace

std::string write_rttm(const Result& result) {
  std::map<align::SpeakerId, std::string> names;
  for (const Speaker& speaker : result.speakers) names[speaker.id] = field(speaker.name);
  const std::string file = field(std::filesystem::path(result.media.path).stem().string());
  std::string text;
  for (const align::SpeechSegment& segment : result.segments) {
    using std::chrono::milliseconds;
    const auto start =
        std::chrono::round<milliseconds>(std::max(segment.span.start, Timestamp::zero())).count();
    const auto end = std::chrono::round<milliseconds>(segment.span.end).count();
    if (end <= start) continue;
    const auto duration = end - start;
    const auto name = names.find(segment.speaker);
    fmt::format_to(std::back_inserter(text),
                   "SPEAKER {} 1 {}.{:03} {}.{:03} <NA> <NA> {} <NA> <NA>\n", file, start / 1000,
                   start % 1000, duration / 1000, duration % 1000,
                   name != names.end() ? name->second : fmt::format("speaker_{}", segment.speaker));
  }
  return text;
}

}  // namespace attune::captions
