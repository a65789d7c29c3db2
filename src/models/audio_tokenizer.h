#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/time.h"
#include "models/align_model.h"

namespace attune::models {

/// What the networks hear at the ticks [first, first + length()).
struct AudioTokens {
  TokenIndex first = 0;
  /// [length, width], the model's token width.
  std::vector<float> tokens;
  /// Probability of speech, in [0, 1].
  std::vector<float> speech;

  int length() const { return static_cast<int>(speech.size()); }
  TokenIndex end() const { return first + length(); }
};

/// Sound as it arrives to audio tokens on the token grid. Where there is no sound (before the first
/// sample, in gaps, after the last) zeros are heard. Tokens are
/// given out in blocks of kBlockTicks, when the sound 0.56 s after the last of them is there; the
/// same sound gives the same bits however it was cut. Holds about a second of sound. Not
/// thread-safe.
class AudioTokenizer {
 public:
  static constexpr int kBlockTicks = 10;

  /// Tokens begin at the tick `first`.
  AudioTokenizer(std::shared_ptr<const AlignModel> model, TokenIndex first);

  /// Mono samples at the model's rate, in [-1, 1], the first one at `start` of media time. Samples
  /// at times already heard are ignored; a gap of up to a millisecond is taken for rounding.
  AudioTokens push(std::span<const float> samples, Timestamp start);

  /// No sound before `until` will come any more.
  AudioTokens advance(Timestamp until);

  /// The sound is over: all tokens before the tick `end` that were not given out yet.
  AudioTokens finish(TokenIndex end);

  /// The next tick to be given out.
  TokenIndex next() const { return next_; }

 private:
  std::int64_t sample_at(Timestamp t) const;
  std::int64_t heard() const { return first_sample_ + static_cast<std::int64_t>(samples_.size()); }
  void hear_silence(std::int64_t until, AudioTokens& tokens);
  void compute_frames();
  void compute_tokens(AudioTokens& tokens);
  void compute_block(AudioTokens& tokens);

  std::shared_ptr<const AlignModel> model_;
  TokenIndex next_;
  /// Sound not yet turned into mel frames, sample 0 of media time being at 0 s.
  std::vector<float> samples_;
  std::int64_t first_sample_;
  /// Normalised mel frames not yet turned into tokens, [frames, bands]; the first is
  /// speech_context before that of the tick next_.
  std::vector<float> mel_;
};

}  // namespace attune::models
