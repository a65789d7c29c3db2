#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "captions/caption_result.h"
#include "captions/ttml.h"
#include "captions/ttml_names.h"
#include "captions/ttml_time.h"
#include "captions/voices.h"
#include "captions/xml_reader.h"
#include "core/error.h"

namespace attune::captions {
namespace {

/// What an element hands on to those within it.
struct Context {
  Timestamp begin{};
  std::optional<Timestamp> end;
  std::string agent;
  std::string region;
  bool preserve = false;
};

/// "12.5% 80%"; nothing when it is no such pair.
std::optional<std::pair<double, double>> percent_pair(std::string_view text) {
  std::array<double, 2> values{};
  for (double& value : values) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (!text.starts_with('%')) return std::nullopt;
    text.remove_prefix(1);
  }
  return std::pair(values[0] / 100, values[1] / 100);
}

class TtmlReader {
 public:
  explicit TtmlReader(std::string_view text) : xml_("TTML", text) {}

  Result read() {
    if (!xml_.next() || xml_.name() != "tt") xml_.fail("the root element is not tt");
    parameters();
    const std::string language = xml_.attribute("lang", kXml).value_or("");
    contexts_.push_back(inner({}));
    while (xml_.next()) {
      if (xml_.event() == XmlEvent::kStart) start();
      if (xml_.event() == XmlEvent::kEnd) end();
      if (xml_.event() == XmlEvent::kText) text();
    }
    for (Caption& caption : captions_) name_voices(caption);
    Result result = result_of(std::move(captions_));
    result.media.language = language;
    result.media.title = title_;
    return result;
  }

 private:
  double positive(const char* parameter, double otherwise) const {
    const auto text = xml_.attribute(parameter, kTtmlParameter);
    if (!text) return otherwise;
    double value = 0;
    const char* end = text->data() + text->size();
    const auto [rest, status] = std::from_chars(text->data(), end, value);
    if (status != std::errc() || rest != end || !(value > 0 && value < 1e12))
      xml_.fail(fmt::format("ttp:{} '{}' is no positive number", parameter, text->substr(0, 40)));
    return value;
  }

  void parameters() {
    const std::string base = xml_.attribute("timeBase", kTtmlParameter).value_or("media");
    const std::string mode = xml_.attribute("markerMode", kTtmlParameter).value_or("continuous");
    if (base == "clock" || (base == "smpte" && mode == "discontinuous"))
      xml_.fail("times of the day and discontinuous time codes are not read");
    rates_.frames = positive("frameRate", 30);
    const bool framed = xml_.attribute("frameRate", kTtmlParameter).has_value();
    rates_.ticks = positive("tickRate", framed ? rates_.frames : 1);
    rates_.frames *= frame_rate_multiplier();
  }

  /// "1000 1001", or "1000:1001" as TTML1 drafts had it.
  double frame_rate_multiplier() const {
    const auto text = xml_.attribute("frameRateMultiplier", kTtmlParameter);
    if (!text) return 1;
    double over = 0;
    double under = 1;
    const char* end = text->data() + text->size();
    auto parsed = std::from_chars(text->data(), end, over);
    if (parsed.ec == std::errc() && parsed.ptr != end && (*parsed.ptr == ' ' || *parsed.ptr == ':'))
      parsed = std::from_chars(parsed.ptr + 1, end, under);
    const double ratio = over / under;
    if (parsed.ec != std::errc() || parsed.ptr != end || !(ratio > 1e-3 && ratio < 1e3))
      xml_.fail("ttp:frameRateMultiplier is no pair of positive numbers");
    return ratio;
  }

  std::optional<Duration> time(const char* attribute) const {
    const auto text = xml_.attribute(attribute);
    if (!text) return std::nullopt;
    const auto duration = parse_ttml_time(*text, rates_);
    if (!duration) xml_.fail(fmt::format("{}=\"{}\" is no time", attribute, text->substr(0, 40)));
    return duration;
  }

  /// The context of the element that starts, within `outer`.
  Context inner(Context outer) const {
    if (xml_.attribute("timeContainer") == "seq")
      xml_.fail("timeContainer=\"seq\" is not read; give each paragraph its own times");
    const Timestamp origin = outer.begin;
    if (const auto begin = time("begin")) outer.begin = origin + *begin;
    std::optional<Timestamp> end;
    if (const auto until = time("end")) end = origin + *until;
    if (const auto duration = time("dur"))
      end = std::min(end.value_or(outer.begin + *duration), outer.begin + *duration);
    if (end) outer.end = outer.end ? std::min(*outer.end, *end) : *end;
    if (const auto agent = xml_.attribute("agent", kTtmlMetadata))
      outer.agent = agent->substr(0, agent->find(' '));
    if (const auto region = xml_.attribute("region")) outer.region = *region;
    if (const auto space = xml_.attribute("space", kXml)) outer.preserve = *space == "preserve";
    return outer;
  }

  void start() {
    if (skipped_ > 0) {
      ++skipped_;
      return;
    }
    const std::string_view name = xml_.name();
    if (name == "agent" && xml_.name_space() == kTtmlMetadata) {
      agent_ = xml_.attribute("id", kXml).value_or("");
    } else if (name == "region" && !in_paragraph_) {
      add_region();
    } else if (name == "br" && in_paragraph_) {
      cue_.line_break();
      line_starts_ = true;
    } else if (in_paragraph_ && name != "span") {
      skipped_ = 1;
      return;
    }
    collecting_ = (name == "name" || name == "title") && xml_.name_space() == kTtmlMetadata;
    collected_.clear();
    contexts_.push_back(name == "body" || name == "div" || name == "p" || in_paragraph_
                            ? inner(contexts_.back())
                            : contexts_.back());
    if (name == "p" && !in_paragraph_) start_paragraph();
  }

  void start_paragraph() {
    const Context& context = contexts_.back();
    if (!context.end) xml_.fail("the paragraph has no end; give it begin and end");
    if (*context.end < context.begin) xml_.fail("the paragraph ends before its start");
    in_paragraph_ = true;
    line_starts_ = true;
    paragraph_depth_ = contexts_.size();
  }

  void end() {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    if (collecting_ && xml_.name() == "name") names_[agent_] = collected_;
    if (collecting_ && xml_.name() == "title" && title_.empty()) title_ = collected_;
    collecting_ = false;
    if (in_paragraph_ && contexts_.size() == paragraph_depth_) end_paragraph();
    if (contexts_.size() > 1) contexts_.pop_back();
  }

  void end_paragraph() {
    const Context& context = contexts_.back();
    in_paragraph_ = false;
    Caption caption;
    caption.span = {context.begin, *context.end};
    cue_.finish(caption);
    for (std::string& line : caption.lines)
      if (!context.preserve) line.erase(line.find_last_not_of(' ') + 1);
    if (const auto place = places_.find(context.region); place != places_.end())
      caption.placement = place->second;
    captions_.push_back(std::move(caption));
  }

  void text() {
    if (collecting_) collected_ += xml_.text();
    if (!in_paragraph_ || skipped_ > 0) return;
    cue_.voice(contexts_.back().agent);
    contexts_.back().preserve ? preserved_text(xml_.text()) : collapsed_text(xml_.text());
  }

  void preserved_text(std::string_view text) {
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      cue_.text(text.substr(0, end));
      cue_.line_break();
      text.remove_prefix(end + 1);
    }
    cue_.text(text);
    line_starts_ = false;
  }

  /// Runs of white space are one blank, and none at the start of a line.
  void collapsed_text(std::string_view text) {
    std::string collapsed;
    for (const char c : text) {
      const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (!blank || !line_starts_) collapsed += blank ? ' ' : c;
      line_starts_ = blank;
    }
    cue_.text(collapsed);
  }

  void add_region() {
    const auto id = xml_.attribute("id", kXml);
    const auto origin = xml_.attribute("origin", kTtmlStyling);
    const auto extent = xml_.attribute("extent", kTtmlStyling);
    if (!id || !origin || !extent) return;
    const auto corner = percent_pair(*origin);
    const auto size = percent_pair(*extent);
    if (!corner || !size) return;
    const double middle = corner->first + size->first / 2;
    const double foot = corner->second + size->second;
    const std::string align = xml_.attribute("displayAlign", kTtmlStyling).value_or("before");
    const double lowest = align == "after"    ? foot - 0.5 / kTtmlRows
                          : align == "center" ? corner->second + size->second / 2
                                              : corner->second + 1.5 / kTtmlRows;
    // Where players put captions anyway: middle and low.
    if (align == "after" && std::abs(middle - 0.5) < 0.01 && foot > 0.85 && foot < 0.96 &&
        size->first >= 0.75 && corner->second >= 0.05)
      return;
    places_[*id] = Placement{std::clamp(middle, 0.0, 1.0), std::clamp(lowest, 0.0, 1.0)};
  }

  std::string name_of(const std::string& agent) const {
    const auto found = names_.find(agent);
    return found != names_.end() ? found->second : agent;
  }

  /// Agents may be described behind their first use.
  void name_voices(Caption& caption) const {
    caption.speaker_name = name_of(caption.speaker_name);
    for (Voice& voice : caption.line_voices) voice.name = name_of(voice.name);
  }

  XmlReader xml_;
  TtmlRates rates_;
  std::vector<Context> contexts_;
  std::vector<Caption> captions_;
  CueText cue_;
  bool in_paragraph_ = false;
  std::size_t paragraph_depth_ = 0;
  /// The line has no text yet, or the last character was a blank.
  bool line_starts_ = true;
  /// Depth within an element whose text is not shown.
  int skipped_ = 0;
  bool collecting_ = false;
  std::string collected_;
  std::string agent_;
  std::string title_;
  std::map<std::string, std::string> names_;
  std::map<std::string, Placement> places_;
};

}  // namespace

Result read_ttml(std::string_view text) {
  return TtmlReader(text).read();
}

}  // namespace attune::captions
