#pragma once

#include <map>
#include <optional>
#include <vector>

#include "align/speech.h"
#include "core/time.h"

namespace attune::align {

struct SegmentOptions {
  /// Speech of a face begins above, and ends below, these probabilities.
  float start_probability = 0.6f;
  float end_probability = 0.4f;
  /// The same for speech off screen.
  float off_screen_start_probability = 0.6f;
  float off_screen_end_probability = 0.4f;
  /// Shorter stretches of speech are dropped.
  Duration minimum_speech = std::chrono::milliseconds(240);
  /// Shorter pauses of one speaker are bridged.
  Duration minimum_pause = std::chrono::milliseconds(360);
  /// Speech off screen that is shorter than this and touches a visible speaker's turn belongs to
  /// that turn: the alignment gathers evidence for a second, and is unsure at the edges of turns.
  Duration maximum_edge = std::chrono::milliseconds(800);
  /// Longer segments are divided, so that a monologue does not hold back what follows.
  Duration maximum_length = std::chrono::seconds(60);
  /// Segments come out as soon as they have ended, in order of that, instead of in order of start.
  bool in_order_of_end = false;
};

/// Turns speaking logits into speech segments: hysteresis for each speaker and for speech off
/// screen, bridging of pauses, dropping of blips. Speakers may overlap; off-screen speech is what
/// remains where no visible face speaks. A person seen in several tracks is one speaker.
///
/// Streaming: segments come out in order of start time as soon as no earlier one can still appear.
/// Memory: the open segments. Deterministic.
class SegmentBuilder {
 public:
  explicit SegmentBuilder(SegmentOptions options = {}) : options_(options) {}

  /// Windows must follow each other in time. Returns the segments that became final.
  std::vector<SpeechSegment> push(const AlignmentWindow& window);
  /// Ends every open segment.
  std::vector<SpeechSegment> flush();
  /// No segment that starts before this tick will come out any more.
  TokenIndex settled() const;
  /// What goes on at the last tick pushed: segments as they would be if they ended there.
  std::vector<SpeechSegment> speaking() const;
  /// Forgets what was pushed; the next window begins at `first` or later.
  void restart(TokenIndex first);

 private:
  struct Open {
    TokenIndex start = 0;
    /// One past the last tick of speech.
    TokenIndex end = 0;
    bool active = false;
    std::vector<TrackId> tracks;
    double probability_sum = 0;
    int probability_count = 0;
  };
  struct Tick {
    float probability = 0;
    std::optional<TrackId> track;
  };

  void advance(SpeakerId speaker, TokenIndex tick, const Tick& value);
  static SpeechSegment segment_of(SpeakerId speaker, const Open& open);
  void close(SpeakerId speaker, const Open& open);
  bool give_to_neighbour(const Open& off_screen);
  std::vector<SpeechSegment> release(TokenIndex until);

  SegmentOptions options_;
  std::map<SpeakerId, Open> open_;
  std::vector<SpeechSegment> waiting_;
  TokenIndex next_ = 0;
};

}  // namespace attune::align
