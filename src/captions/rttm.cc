#include "captions/rttm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

#include "captions/line_reader.h"
#include "captions/utf8.h"
#include "core/error.h"

namespace attune::captions {
namespace {

std::string field(std::string_view text) {
  std::string result = single_line(text);
  std::replace(result.begin(), result.end(), ' ', '_');
  return result.empty() ? "<NA>" : result;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == line.npos) return fields;
    line.remove_prefix(first);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

class RttmReader {
 public:
  explicit RttmReader(std::string_view text) : lines_(text) {}

  Result read() {
    for (std::string_view line; lines_.next(line);) {
      const std::vector<std::string_view> fields = fields_of(line);
      if (fields.empty() || fields[0].starts_with(";;")) continue;
      if (fields.size() < 9 || fields.size() > 10)
        fail(fmt::format("{} fields instead of 9 or 10", fields.size()));
      if (fields[0] == "SPEAKER") add(fields);
    }
    std::stable_sort(result_.segments.begin(), result_.segments.end(),
                     [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorKind::kInput, fmt::format("RTTM, line {}: {}", lines_.number(), what));
  }

  void add(const std::vector<std::string_view>& fields) {
    if (result_.media.title.empty()) result_.media.title = fields[1];
    if (result_.media.title != fields[1])
      fail(fmt::format("a second recording begins ({} after {}); split the file", fields[1],
                       result_.media.title));
    align::SpeechSegment segment;
    segment.span.start = time(fields[3]);
    segment.span.end = segment.span.start + time(fields[4]);
    segment.speaker = speaker(fields[7]);
    segment.confidence = 1;
    const char* end = fields[8].data() + fields[8].size();
    float confidence = 0;
    const auto [rest, status] = std::from_chars(fields[8].data(), end, confidence);
    if (status == std::errc() && rest == end && confidence >= 0 && confidence <= 1)
      segment.confidence = confidence;
    result_.speakers[places_.find(fields[7])->second].spoken += segment.span.duration();
    result_.media.span.end = std::max(result_.media.span.end, segment.span.end);
    result_.segments.push_back(std::move(segment));
  }

  align::SpeakerId speaker(std::string_view name) {
    const auto [found, is_new] = places_.try_emplace(std::string(name), result_.speakers.size());
    if (is_new)
      result_.speakers.push_back({name == "Off-screen" ? 0 : ++people_, found->first, {}, {}});
    return result_.speakers[found->second].id;
  }

  Duration time(std::string_view text) const {
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto [rest, status] = std::from_chars(text.data(), end, seconds);
    constexpr double kLongest = 1e9;
    if (status != std::errc() || rest != end || !(seconds >= 0 && seconds < kLongest))
      fail(fmt::format("'{}' is no time in seconds", text.substr(0, 40)));
    return from_seconds(seconds);
  }

  LineReader lines_;
  Result result_;
  /// Index into the speakers of each name.
  std::map<std::string, std::size_t, std::less<>> places_;
  align::SpeakerId people_ = 0;
};

}  // namespace

std::string write_rttm(const Result& result) {
  std::map<align::SpeakerId, std::string> names;
  for (const Speaker& speaker : result.speakers) names[speaker.id] = field(speaker.name);
  const std::string file = field(recording_name(result.media));
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

Result read_rttm(std::string_view text) {
  return RttmReader(text).read();
}

}  // namespace attune::captions
