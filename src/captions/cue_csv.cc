#include "captions/cue_csv.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <limits>
#include <memory>
#include <optional>

#include "captions/caption_result.h"
#include "captions/cue_times.h"
#include "captions/encoding.h"
#include "captions/json_text.h"
#include "captions/line_reader.h"
#include "captions/utf8.h"
#include "captions/voices.h"
#include "core/error.h"

namespace attune::captions {
namespace {

enum Column : std::size_t { kStart, kEnd, kSpeaker, kText, kConfidence, kColumns };
constexpr std::array<std::string_view, kColumns> kColumnNames = {"start", "end", "speaker", "text",
                                                                 "confidence"};
constexpr std::size_t kAbsent = std::numeric_limits<std::size_t>::max();

std::string field(const std::string& text) {
  const bool quoted = text.find_first_of(",\"\r\n") != std::string::npos || text.starts_with(' ') ||
                      text.ends_with(' ');
  if (!quoted) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string confidence(const Caption& caption, align::SpeakerId speaker) {
  double sum = 0;
  int count = 0;
  for (const align::Word& word : caption.words) {
    if (!caption.line_voices.empty() && word.speaker != speaker) continue;
    sum += word.confidence;
    ++count;
  }
  return count > 0 ? json_number(sum / count, 3) : "";
}

/// Collects the rows that libcsv finds.
class TableReader {
 public:
  Result read(std::string_view text) {
    csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    const std::unique_ptr<csv_parser, decltype(&csv_free)> owner(&parser, &csv_free);
    LineReader lines(text);
    for (std::string_view line; !error_ && lines.next(line);) {
      line_ = lines.number();
      const std::string whole = std::string(line) + "\n";
      if (csv_parse(&parser, whole.data(), whole.size(), &on_field, &on_row, this) != whole.size())
        fail("a quote within a field is not doubled, or text follows a quoted field");
    }
    if (error_) std::rethrow_exception(error_);
    if (csv_fini(&parser, &on_field, &on_row, this) != 0) fail("a quote is not closed");
    if (!has_header_) fail("the header start,end,speaker,text,confidence is expected");
    return result_of(std::move(captions_));
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorKind::kInput, fmt::format("CSV, line {}: {}", line_, what));
  }

  static void on_field(void* data, std::size_t size, void* self) {
    static_cast<TableReader*>(self)->fields_.emplace_back(static_cast<const char*>(data), size);
  }

  static void on_row(int, void* self) {
    auto& reader = *static_cast<TableReader*>(self);
    if (reader.error_) return;
    try {
      reader.has_header_ ? reader.row() : reader.header();
    } catch (...) {
      reader.error_ = std::current_exception();
    }
    reader.fields_.clear();
  }

  void header() {
    columns_.fill(kAbsent);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const auto name =
          std::find(kColumnNames.begin(), kColumnNames.end(), ascii_lower(fields_[i]));
      if (name != kColumnNames.end())
        columns_[static_cast<std::size_t>(name - kColumnNames.begin())] = i;
    }
    for (const Column column : {kStart, kEnd, kText})
      if (columns_[column] == kAbsent)
        fail(fmt::format("the header names no column '{}'", kColumnNames[column]));
    has_header_ = true;
  }

  std::string at(Column column) const {
    const std::size_t place = columns_[column];
    return place < fields_.size() ? fields_[place] : std::string();
  }

  Timestamp time(Column column) const {
    const std::string text = at(column);
    if (const auto clock = parse_cue_time(text)) return *clock;
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto [rest, status] = std::from_chars(text.data(), end, seconds);
    constexpr double kLongest = 1e9;
    if (status != std::errc() || rest != end || !(seconds > -kLongest && seconds < kLongest))
      fail(fmt::format("the {} '{}' is no time in seconds", kColumnNames[column],
                       valid_utf8(text.substr(0, 40))));
    return from_seconds(seconds);
  }

  void row() {
    Caption caption;
    caption.span = {time(kStart), time(kEnd)};
    if (caption.span.end < caption.span.start) fail("the cue ends before its start");
    cue_.voice(at(kSpeaker));
    if (columns_[kText] >= fields_.size()) fail("the row has no text");
    cue_.lines(fields_[columns_[kText]]);
    cue_.finish(caption);
    add_confidence(caption);
    captions_.push_back(std::move(caption));
  }

  /// As that of one word, which is the whole text.
  void add_confidence(Caption& caption) const {
    const std::string text = at(kConfidence);
    float value = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || !(value >= 0 && value <= 1)) return;
    caption.words.push_back({caption.span, joined(caption.lines, " "), value, 0});
  }

  std::vector<std::string> fields_;
  std::array<std::size_t, kColumns> columns_{};
  bool has_header_ = false;
  int line_ = 0;
  CueText cue_;
  std::vector<Caption> captions_;
  std::exception_ptr error_;
};

}  // namespace

std::string write_cue_csv(const Result& result) {
  std::string text = "start,end,speaker,text,confidence\r\n";
  for (const Caption& caption : result.captions) {
    if (caption.span.end <= Timestamp::zero()) continue;
    const Timestamp start = std::max(caption.span.start, Timestamp::zero());
    for (const VoiceLines& voice : voices_of(caption)) {
      std::vector<std::string> lines;
      for (const std::string& line : voice.lines) lines.push_back(single_line(line));
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\r\n", json_seconds(start),
                     json_seconds(caption.span.end), field(single_line(voice.voice.name)),
                     field(joined(lines, "\n")), confidence(caption, voice.voice.speaker));
    }
  }
  return text;
}

Result read_cue_csv(std::string_view text) {
  return TableReader().read(text);
}

}  // namespace attune::captions
