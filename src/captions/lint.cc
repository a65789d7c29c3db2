#include "captions/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "captions/cue_timing.h"
#include "captions/dashes.h"
#include "captions/encoding.h"
#include "captions/lint_breaks.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Files hold times in milliseconds.
constexpr Duration kRounding = std::chrono::milliseconds(1);
/// Shot changes are known to half a frame at 25 a second.
constexpr Duration kHalfFrame = std::chrono::milliseconds(20);

bool is_blank_line(std::string_view line) {
  return columns(line) == 0 || line.find_first_not_of(' ') == std::string_view::npos;
}

class Linter {
 public:
  Linter(std::span<const Caption> captions, const Profile& profile, std::span<const Timestamp> cuts)
      : captions_(captions), profile_(profile), cuts_(cuts), breaks_(captions, profile) {}

  std::vector<Violation> run() {
    for (index_ = 0; index_ < captions_.size(); ++index_) check(captions_[index_]);
    return std::move(violations_);
  }

 private:
  void check(const Caption& caption) {
    if (caption.span.end <= caption.span.start)
      add(Rule::kTimes, "the cue does not end after it starts");
    check_neighbours(caption);
    const bool readable = check_bytes(caption);
    check_content(caption);
    if (!profile_.has_limits() || !readable) return;
    check_durations(caption);
    check_lines(caption);
    check_dashes(caption);
    check_shot_changes(caption);
    if (const auto found = breaks_.bad_break(index_)) add(Rule::kBreak, *found);
  }

  void add(Rule rule, std::string message, std::optional<double> measured = {},
           std::optional<double> limit = {}) {
    violations_.push_back(
        {rule, index_, captions_[index_].span, std::move(message), measured, limit});
  }

  void check_neighbours(const Caption& caption) {
    if (index_ > 0) {
      if (caption.span.start < captions_[index_ - 1].span.start)
        add(Rule::kOrder, "the cue starts before the one before it");
      check_gap(caption.span.start - latest_end_);
    }
    latest_end_ = index_ == 0 ? caption.span.end : std::max(latest_end_, caption.span.end);
  }

  void check_gap(Duration gap) {
    const double seconds = to_seconds(gap);
    if (gap < -kRounding) {
      add(Rule::kOverlap,
          fmt::format("the cue starts {:.3f} s before an earlier one ends", -seconds), -seconds,
          0.0);
    } else if (gap < profile_.min_gap - kRounding) {
      add(Rule::kGap,
          fmt::format("the gap before the cue is {:.3f} s; {:.3f} s are needed",
                      std::max(seconds, 0.0), to_seconds(profile_.min_gap)),
          seconds, to_seconds(profile_.min_gap));
    } else if (gap > profile_.min_gap + kRounding && gap < profile_.chain_gap - kRounding) {
      add(Rule::kGap,
          fmt::format("the gap before the cue is {:.3f} s; close it to {:.3f} s or leave {:.3f} s",
                      seconds, to_seconds(profile_.min_gap), to_seconds(profile_.chain_gap)),
          seconds, to_seconds(profile_.chain_gap));
    }
  }

  bool check_bytes(const Caption& caption) {
    bool readable = true;
    for (std::size_t i = 0; i < caption.lines.size(); ++i) {
      if (invalid_utf8(caption.lines[i])) {
        add(Rule::kEncoding, fmt::format("line {} is not UTF-8", i + 1));
        readable = false;
      } else if (has_control_character(caption.lines[i])) {
        add(Rule::kControlCharacter, fmt::format("line {} holds a control character", i + 1));
      }
    }
    return readable;
  }

  void check_content(const Caption& caption) {
    if (std::all_of(caption.lines.begin(), caption.lines.end(), is_blank_line)) {
      add(Rule::kEmpty, "the cue shows nothing");
      return;
    }
    for (std::size_t i = 0; i < caption.lines.size(); ++i)
      if (is_blank_line(caption.lines[i]))
        add(Rule::kEmpty, fmt::format("line {} is empty", i + 1));
  }

  void check_durations(const Caption& caption) {
    const Duration shown = caption.span.duration();
    if (shown <= Duration::zero()) return;
    const double seconds = to_seconds(shown);
    if (shown < profile_.min_duration - kRounding) {
      const double least = to_seconds(profile_.min_duration);
      add(Rule::kTooShort,
          fmt::format("the cue is shown for {:.3f} s; {:.3f} s are the least", seconds, least),
          seconds, least);
    }
    if (shown > profile_.max_duration + kRounding) {
      const double most = to_seconds(profile_.max_duration);
      add(Rule::kTooLong,
          fmt::format("the cue is shown for {:.3f} s; {:.3f} s are the most", seconds, most),
          seconds, most);
    }
    const ReadingLoad load = reading_load(caption.lines, profile_);
    if (load.amount / load.max_speed <= to_seconds(shown + kRounding)) return;
    const bool words = profile_.reading_unit == ReadingUnit::kWords;
    add(Rule::kReadingSpeed,
        fmt::format("{:g} {} in {:.3f} s are {:.1f} a second; {:g} are allowed", load.amount,
                    words ? "words" : "characters", seconds, load.amount / seconds, load.max_speed),
        load.amount / seconds, load.max_speed);
  }

  void check_lines(const Caption& caption) {
    const auto count = static_cast<int>(caption.lines.size());
    if (count > profile_.max_lines)
      add(Rule::kLineCount,
          fmt::format("the cue has {} lines; {} are allowed", count, profile_.max_lines), count,
          profile_.max_lines);
    std::string text;
    for (const std::string& line : caption.lines) text += line;
    const WritingSystem system = writing_system(text);
    const int limit = profile_.limits(system).max_columns;
    const bool halves = system != WritingSystem::kAlphabetic && limit % 2 == 0;
    const double unit = halves ? 2 : 1;
    for (std::size_t i = 0; i < caption.lines.size(); ++i) {
      const int width = columns(caption.lines[i]);
      if (width <= limit) continue;
      add(Rule::kLineLength,
          fmt::format("line {} has {:g} {}; {:g} are allowed", i + 1, width / unit,
                      halves ? "full-width characters" : "characters", limit / unit),
          width / unit, limit / unit);
    }
  }

  void check_dashes(const Caption& caption) {
    if (caption.lines.size() < 2) return;
    const auto has_dash = [](const std::string& line) { return !leading_dash(line).empty(); };
    const bool two_voices =
        caption.line_voices.size() > 1 &&
        caption.line_voices.front().speaker != caption.line_voices.back().speaker;
    if (!two_voices && !std::all_of(caption.lines.begin(), caption.lines.end(), has_dash)) return;
    for (std::size_t i = 0; i < caption.lines.size(); ++i) {
      if (leading_dash(caption.lines[i]) == profile_.dialogue_dash) continue;
      add(Rule::kDash,
          fmt::format("line {} of two speakers does not start with \"{}\" and its text", i + 1,
                      profile_.dialogue_dash));
    }
  }

  void check_shot_changes(const Caption& caption) {
    const Duration least = profile_.snap_distance - kHalfFrame;
    auto cut = std::upper_bound(cuts_.begin(), cuts_.end(), caption.span.start + kHalfFrame);
    for (; cut != cuts_.end() && *cut < caption.span.end - kHalfFrame; ++cut) {
      const Duration before = *cut - caption.span.start;
      const Duration after = caption.span.end - *cut;
      if (before >= least && after >= least) continue;
      const bool starts = before < least;
      const double part = to_seconds(starts ? before : after);
      add(Rule::kShotChange,
          fmt::format("the cue {} {:.3f} s {} the shot change at {}", starts ? "starts" : "ends",
                      part, starts ? "before" : "after", format_timestamp(*cut)),
          part, to_seconds(profile_.snap_distance));
    }
  }

  std::span<const Caption> captions_;
  const Profile& profile_;
  std::span<const Timestamp> cuts_;
  BreakLinter breaks_;
  std::size_t index_ = 0;
  Timestamp latest_end_{};
  std::vector<Violation> violations_;
};

}  // namespace

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::kTimes:
      return "times";
    case Rule::kOrder:
      return "order";
    case Rule::kOverlap:
      return "overlap";
    case Rule::kGap:
      return "gap";
    case Rule::kTooShort:
      return "too-short";
    case Rule::kTooLong:
      return "too-long";
    case Rule::kReadingSpeed:
      return "reading-speed";
    case Rule::kLineLength:
      return "line-length";
    case Rule::kLineCount:
      return "line-count";
    case Rule::kBreak:
      return "break";
    case Rule::kDash:
      return "dash";
    case Rule::kShotChange:
      return "shot-change";
    case Rule::kEmpty:
      return "empty";
    case Rule::kEncoding:
      return "encoding";
    case Rule::kControlCharacter:
      return "control-character";
  }
  return "";
}

std::vector<Violation> lint(std::span<const Caption> captions, const Profile& profile,
                            std::span<const Timestamp> cuts) {
  return Linter(captions, profile, cuts).run();
}

}  // namespace attune::captions
