#include "captions/phrase_split.h"

#include <algorithm>
#include <limits>

#include "captions/line_break.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Costs of a cue, on the scale of break_cost.
constexpr double kCueCost = 6;
constexpr double kShortCueCost = 12;
constexpr std::size_t kShortCuePieces = 3;
constexpr double kPauseGain = 10;         // per second of pause after a cue
constexpr double kHardToReadCost = 25;    // per second that is missing to read a cue
constexpr double kTooShortCost = 60;      // when the next cue starts before the shortest duration
constexpr std::size_t kMostPieces = 120;  // in one cue, where a profile sets no limits

/// The strictest limits of the writing systems in the phrase.
ScriptLimits strictest(std::span<const Piece> pieces, const Profile& profile) {
  ScriptLimits limits = profile.limits(writing_system(text_of(pieces)));
  for (const Piece& piece : pieces)
    limits.max_columns =
        std::min(limits.max_columns, profile.limits(writing_system(piece.text)).max_columns);
  return limits;
}

class PhraseSplitter {
 public:
  PhraseSplitter(const Phrase& phrase, const Profile& profile)
      : phrase_(phrase),
        pieces_(phrase.pieces),
        profile_(profile),
        system_(writing_system(text_of(phrase.pieces))),
        limits_(strictest(phrase.pieces, profile)),
        label_load_(reading_load(phrase.label, system_, profile.reading_unit)) {
    loads_.reserve(pieces_.size() + 1);
    for (const Piece& piece : pieces_)
      loads_.push_back(loads_.back() + reading_load(piece.text, system_, profile.reading_unit));
  }

  std::vector<DraftCue> split() {
    const std::size_t count = pieces_.size();
    best_.assign(count + 1, {std::numeric_limits<double>::infinity(), 0, {}});
    best_[0].cost = 0;
    for (std::size_t end = 1; end <= count; ++end) choose_start(end);

    std::vector<DraftCue> cues;
    for (std::size_t end = count; end > 0; end = best_[end].start) cues.push_back(cue_until(end));
    std::reverse(cues.begin(), cues.end());
    return cues;
  }

 private:
  struct Choice {
    double cost = 0;
    std::size_t start = 0;
    Breaks breaks;
  };

  void choose_start(std::size_t end) {
    for (std::size_t start = end; start-- > 0 && end - start <= kMostPieces;) {
      if (end - start > 1) {
        const Duration spoken = pieces_[end - 1].word.span.end - pieces_[start].word.span.start;
        if (spoken > profile_.max_duration - profile_.chain_gap) break;
        if (profile_.single_sentences && pieces_[start + 1].break_cost == 0) break;
      }
      const auto pieces = pieces_.subspan(start, end - start);
      std::optional<Breaks> breaks =
          choose_breaks(pieces, {limits_.max_columns, profile_.max_lines, indent(start)});
      if (!breaks && end - start > 1) {
        // A label alone may be what does not fit.
        if (width_of(pieces) > profile_.max_lines * limits_.max_columns) break;
        continue;
      }
      if (!breaks) breaks = Breaks{{1}, 0};
      const double cost = best_[start].cost + breaks->cost + end_cost(start, end);
      if (cost < best_[end].cost) best_[end] = {cost, start, std::move(*breaks)};
    }
  }

  int indent(std::size_t start) const { return start == 0 ? phrase_.label_columns : 0; }

  double end_cost(std::size_t start, std::size_t end) const {
    double cost = kCueCost + speed_cost(start, end);
    if (end - start < kShortCuePieces && !(start == 0 && end == pieces_.size()))
      cost += kShortCueCost;
    if (end == pieces_.size()) return cost;
    const double pause = to_seconds(pieces_[end].word.span.start - pieces_[end - 1].word.span.end);
    return cost + std::max(0.0, pieces_[end].break_cost - kPauseGain * pause);
  }

  double speed_cost(std::size_t start, std::size_t end) const {
    const bool last = end == pieces_.size();
    if (last && phrase_.next_start == Timestamp::max()) return 0;
    const Timestamp next = last ? std::max(phrase_.next_start, pieces_[end - 1].word.span.end)
                                : pieces_[end].word.span.start;
    const Duration room = next - pieces_[start].word.span.start - profile_.min_gap;
    const double load = loads_[end] - loads_[start] + (start == 0 ? label_load_ : 0);
    const Duration needed = from_seconds(load / limits_.max_reading_speed);
    const double missing = to_seconds(std::max(needed - room, Duration::zero()));
    return kHardToReadCost * missing + (room < profile_.min_duration ? kTooShortCost : 0);
  }

  DraftCue cue_until(std::size_t end) const {
    const std::size_t start = best_[end].start;
    const auto pieces = pieces_.subspan(start, end - start);
    DraftCue cue;
    cue.spoken = {pieces.front().word.span.start, pieces.back().word.span.end};
    cue.pieces.assign(pieces.begin(), pieces.end());
    cue.second = cue.pieces.size();
    cue.lines = lines_of(pieces, best_[end].breaks);
    return cue;
  }

  const Phrase& phrase_;
  std::span<const Piece> pieces_;
  const Profile& profile_;
  WritingSystem system_;
  ScriptLimits limits_;
  double label_load_;
  /// loads_[n]: what there is to read in the first n pieces.
  std::vector<double> loads_{0};
  /// best_[n]: the best way to lay out the first n pieces.
  std::vector<Choice> best_;
};

}  // namespace

std::vector<DraftCue> split_phrase(const Phrase& phrase, const Profile& profile) {
  return PhraseSplitter(phrase, profile).split();
}

}  // namespace attune::captions
