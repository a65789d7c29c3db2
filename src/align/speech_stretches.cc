#include "align/speech_stretches.h"

#include <algorithm>

namespace attune::align {

float SpeechStretchBuilder::at(TokenIndex tick) const {
  return kept_[static_cast<std::size_t>(tick - first_kept_)];
}

std::vector<TimeSpan> SpeechStretchBuilder::push(TokenIndex first,
                                                 const std::vector<float>& speech) {
  std::vector<TimeSpan> out;
  if (!open_) {
    kept_.clear();
    first_kept_ = first;
  }
  kept_.insert(kept_.end(), speech.begin(), speech.end());
  for (TokenIndex tick = first; tick < first + static_cast<TokenIndex>(speech.size()); ++tick) {
    const bool active =
        at(tick) >= (active_ ? options_.end_probability : options_.start_probability);
    if (open_ && !active && token_time(tick + 1 - end_) >= options_.minimum_pause) close(out);
    if (active && !open_) {
      open_ = true;
      start_ = tick;
    }
    if (active) end_ = tick + 1;
    active_ = active;
    if (open_ && token_time(tick + 1 - start_) >= 2 * options_.maximum_length) close(out);
  }
  next_ = first + static_cast<TokenIndex>(speech.size());
  return out;
}

std::vector<TimeSpan> SpeechStretchBuilder::flush() {
  std::vector<TimeSpan> out;
  if (open_) close(out);
  return out;
}

std::optional<TimeSpan> SpeechStretchBuilder::open() const {
  if (!open_ || token_time(end_ - start_) < options_.minimum_speech || !surely_speech(start_, end_))
    return std::nullopt;
  return TimeSpan{std::max(token_time(start_) - options_.margin, last_end_), token_time(end_)};
}

Timestamp SpeechStretchBuilder::settled() const {
  return token_time(open_ ? start_ : next_) - options_.margin;
}

void SpeechStretchBuilder::close(std::vector<TimeSpan>& out) {
  open_ = false;
  active_ = false;
  const bool long_enough = token_time(end_ - start_) >= options_.minimum_speech;
  if (long_enough && surely_speech(start_, end_)) divide(start_, end_, out);
}

bool SpeechStretchBuilder::surely_speech(TokenIndex from, TokenIndex to) const {
  TokenIndex sure = 0;
  for (TokenIndex tick = from; tick < to; ++tick)
    if (at(tick) >= options_.sure_probability) ++sure;
  return sure >= options_.sure_ticks &&
         static_cast<double>(sure) >= options_.sure_share * static_cast<double>(to - from);
}

void SpeechStretchBuilder::divide(TokenIndex from, TokenIndex to, std::vector<TimeSpan>& out) {
  if (token_time(to - from) > options_.maximum_length) {
    const TokenIndex quarter = (to - from) / 4;
    TokenIndex best = from + quarter;
    for (TokenIndex tick = from + quarter; tick < to - quarter; ++tick)
      if (at(tick) < at(best)) best = tick;
    divide(from, best, out);
    divide(best, to, out);
    return;
  }
  const Timestamp start = std::max(token_time(from) - options_.margin, last_end_);
  last_end_ = token_time(to) + options_.margin;
  out.push_back({start, last_end_});
}

}  // namespace attune::align
