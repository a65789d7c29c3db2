#include "captions/textgrid.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "captions/json_text.h"
#include "captions/tiers.h"
#include "core/error.h"

namespace attune::captions {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

class TextGridWriter {
 public:
  TextGridWriter(const std::vector<Tier>& tiers, Timestamp end) : tiers_(tiers), end_(end) {}

  std::string write() {
    put("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = {} \n"
        "tiers? <exists> \nsize = {} \nitem []: \n",
        json_seconds(end_), tiers_.size());
    for (std::size_t i = 0; i < tiers_.size(); ++i) tier(i + 1, tiers_[i]);
    return std::move(text_);
  }

 private:
  template <typename... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }

  void tier(std::size_t number, const Tier& tier) {
    std::vector<Tier::Entry> intervals;
    Timestamp at{};
    for (const Tier::Entry& entry : tier.entries) {
      if (entry.span.start > at) intervals.push_back({{at, entry.span.start}, ""});
      intervals.push_back(entry);
      at = entry.span.end;
    }
    if (at < end_) intervals.push_back({{at, end_}, ""});
    put("    item [{}]:\n        class = \"IntervalTier\" \n        name = {} \n"
        "        xmin = 0 \n        xmax = {} \n        intervals: size = {} \n",
        number, in_quotes(tier_name(tier)), json_seconds(end_), intervals.size());
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      put("        intervals [{}]:\n            xmin = {} \n            xmax = {} \n"
          "            text = {} \n",
          i + 1, json_seconds(intervals[i].span.start), json_seconds(intervals[i].span.end),
          in_quotes(intervals[i].text));
    }
  }

  const std::vector<Tier>& tiers_;
  Timestamp end_;
  std::string text_;
};

/// What counts in a text file of Praat: numbers, "texts" and <flags> that stand free, between
/// blanks or line ends; all else is for people.
class TokenReader {
 public:
  explicit TokenReader(std::string_view content) : content_(content) {
    if (content_.starts_with("\xEF\xBB\xBF")) content_.remove_prefix(3);
  }

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(ErrorKind::kInput, fmt::format("TextGrid, line {}: {}", line_, what));
  }

  std::string text() {
    if (!find([](char c) { return c == '"'; })) fail("the file ends where a text is expected");
    std::string result;
    for (++at_; at_ < content_.size(); ++at_) {
      const char c = content_[at_];
      if (c == '\n') ++line_;
      if (c == '"') {
        ++at_;
        if (at_ >= content_.size() || content_[at_] != '"') return result;
      }
      result += c;
    }
    fail("the file ends within a text");
  }

  double number() {
    if (!find([](char c) { return (c >= '0' && c <= '9') || c == '-'; }))
      fail("the file ends where a number is expected");
    const std::string_view token = take_token();
    double value = 0;
    const char* end = token.data() + token.size();
    const auto [rest, status] = std::from_chars(token.data(), end, value);
    if (status != std::errc() || rest != end || !std::isfinite(value))
      fail(fmt::format("'{}' is no number", token.substr(0, 40)));
    return value;
  }

  std::size_t count() {
    const double value = number();
    if (value < 0 || value > 1e9 || value != std::floor(value)) fail("a count is expected");
    return static_cast<std::size_t>(value);
  }

  Timestamp time() {
    const double seconds = number();
    constexpr double kLongest = 1e9;
    if (std::abs(seconds) > kLongest) fail("the time is out of range");
    return from_seconds(seconds);
  }

  bool exists() {
    if (!find([](char c) { return c == '<'; })) fail("the file ends where <exists> is expected");
    return take_token() == "<exists>";
  }

 private:
  std::string_view take_token() {
    const std::size_t end = std::min(content_.find_first_of(" \t\r\n", at_), content_.size());
    const std::string_view token = content_.substr(at_, end - at_);
    at_ = end;
    return token;
  }

  /// Moves to the next free-standing token that starts so. Other texts on the way are passed over
  /// as a whole.
  template <typename Starts>
  bool find(Starts starts) {
    while (at_ < content_.size()) {
      const char c = content_[at_];
      if (c == '\n') ++line_;
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else if (starts(c)) {
        return true;
      } else if (c == '"') {
        text();
      } else if (c == '!') {
        at_ = std::min(content_.find('\n', at_), content_.size());
      } else {
        take_token();
      }
    }
    return false;
  }

  std::string_view content_;
  std::size_t at_ = 0;
  int line_ = 1;
};

void read_intervals(TokenReader& reader, Tier& tier) {
  const std::size_t count = reader.count();
  for (std::size_t i = 0; i < count; ++i) {
    Tier::Entry entry;
    entry.span.start = reader.time();
    entry.span.end = reader.time();
    if (entry.span.end < entry.span.start) reader.fail("the interval ends before its start");
    entry.text = reader.text();
    if (!entry.text.empty()) tier.entries.push_back(std::move(entry));
  }
}

void skip_points(TokenReader& reader) {
  const std::size_t count = reader.count();
  for (std::size_t i = 0; i < count; ++i) {
    reader.time();
    reader.text();
  }
}

}  // namespace

std::string write_textgrid(const Result& result) {
  const std::vector<Tier> tiers = tiers_of(result);
  Timestamp end = std::max<Timestamp>(
      std::chrono::round<std::chrono::milliseconds>(result.media.span.end), Timestamp::zero());
  for (const Tier& tier : tiers) end = std::max(end, tier.entries.back().span.end);
  // Praat takes no TextGrid without extent.
  end = std::max<Timestamp>(end, std::chrono::milliseconds(1));
  return TextGridWriter(tiers, end).write();
}

Result read_textgrid(std::string_view text) {
  TokenReader reader(text);
  const std::string type = reader.text();
  if (type != "ooTextFile" || reader.text() != "TextGrid")
    reader.fail(
        "the file is no TextGrid in text format (File type = \"ooTextFile\", Object class = "
        "\"TextGrid\")");
  reader.time();
  const Timestamp end = reader.time();
  std::vector<Tier> tiers;
  if (reader.exists()) {
    const std::size_t count = reader.count();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string kind = reader.text();
      Tier tier = named_tier(reader.text());
      reader.time();
      reader.time();
      if (kind == "IntervalTier") {
        read_intervals(reader, tier);
        tiers.push_back(std::move(tier));
      } else if (kind == "TextTier") {
        skip_points(reader);
      } else {
        reader.fail(fmt::format("'{}' is no kind of tier", kind.substr(0, 40)));
      }
    }
  }
  Result result = result_of(tiers);
  result.media.span.end = std::max(result.media.span.end, end);
  return result;
}

}  // namespace attune::captions
