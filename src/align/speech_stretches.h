#pragma once

#include <optional>
#include <vector>

#include "core/time.h"

namespace attune::align {

struct SpeechStretchOptions {
  float start_probability = 0.6f;
  float end_probability = 0.35f;
  /// A stretch is kept only when enough of its ticks are surely speech: music that is taken for
  /// speech (single notes, solo instruments) hardly ever is, speech is even at 5 dB over music.
  float sure_probability = 0.99f;
  int sure_ticks = 4;
  double sure_share = 0.3;
  Duration minimum_speech = std::chrono::milliseconds(200);
  Duration minimum_pause = std::chrono::milliseconds(320);
  /// Longer stretches are divided at their least likely tick of speech.
  Duration maximum_length = std::chrono::seconds(15);
  /// Added on both sides, where no other stretch is.
  Duration margin = std::chrono::milliseconds(160);
};

/// Cuts the ticks' speech probabilities into stretches that a captioner can transcribe one by one.
/// Streaming and deterministic; memory: the probabilities of the open stretch.
class SpeechStretchBuilder {
 public:
  explicit SpeechStretchBuilder(SpeechStretchOptions options = {}) : options_(options) {}

  /// `first` must follow the ticks pushed before. Returns the stretches that became final, in
  /// order.
  std::vector<TimeSpan> push(TokenIndex first, const std::vector<float>& speech);
  std::vector<TimeSpan> flush();
  /// The stretch that goes on, with its margin before, as far as it is known; nothing when none
  /// does or it is not surely speech yet.
  std::optional<TimeSpan> open() const;
  /// No stretch that starts before this time will come out any more.
  Timestamp settled() const;

 private:
  void close(std::vector<TimeSpan>& out);
  bool surely_speech(TokenIndex from, TokenIndex to) const;
  void divide(TokenIndex from, TokenIndex to, std::vector<TimeSpan>& out);
  float at(TokenIndex tick) const;

  SpeechStretchOptions options_;
  bool open_ = false;
  bool active_ = false;
  TokenIndex start_ = 0;
  TokenIndex end_ = 0;
  TokenIndex next_ = 0;
  Timestamp last_end_ = Timestamp::min();
  TokenIndex first_kept_ = 0;
  std::vector<float> kept_;
};

}  // namespace attune::align
