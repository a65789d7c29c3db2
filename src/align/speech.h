#pragma once

#include <string>
#include <vector>

#include "align/face.h"
#include "core/time.h"

namespace attune::align {

/// What the alignment says of one face track at successive ticks of the token grid.
struct TrackAlignment {
  TrackId track = 0;
  /// The person this track belongs to; never 0.
  SpeakerId speaker = 0;
  /// First tick of the vectors below; they have equal lengths.
  TokenIndex first = 0;
  /// Share of the sound that this face explains, in [0, 1].
  std::vector<float> mass;
  /// Speaking logit: > 0 means this face speaks.
  std::vector<float> speaking;
};

/// The alignment of sound with all faces over the ticks [first, first + length).
struct AlignmentWindow {
  TokenIndex first = 0;
  int length = 0;
  /// Every track that is visible somewhere in the window, in order of track id.
  std::vector<TrackAlignment> tracks;
  /// Per tick: share of the sound that no visible face explains, in [0, 1].
  std::vector<float> null_mass;
  /// Per tick: probability of speech from sound alone, in [0, 1].
  std::vector<float> speech;
  /// Per tick: logit for speech whose speaker is not visible.
  std::vector<float> off_screen;
  /// Sum over the window's ticks of the weights per lag; index 0 is the most negative lag.
  /// Lag d means: the sound at t matches the picture at t + d ticks.
  std::vector<float> offset_profile;

  TimeSpan span() const { return {token_time(first), token_time(first + length)}; }
};

/// An uninterrupted stretch of speech of one person, or of somebody off screen.
struct SpeechSegment {
  TimeSpan span{};
  /// 0: off screen.
  SpeakerId speaker = 0;
  /// Tracks of the speaker seen during the segment; empty when off screen.
  std::vector<TrackId> tracks;
  /// Mean probability that this person speaks, in [0, 1].
  float confidence = 0;

  bool on_screen() const { return speaker != 0; }
};

/// Sound found later (+) or earlier (-) than its picture, over a stretch of the recording.
struct SyncOffset {
  TimeSpan span{};
  /// Positive: the sound comes late. Sub-frame, by interpolating the peak of the offset profile.
  Duration offset{};
  /// In [0, 1]; low when sound and picture do not belong together.
  float confidence = 0;
};

/// One recognised word; `speaker` is filled in when words are given to people.
struct Word {
  TimeSpan span{};
  std::string text;
  /// In [0, 1].
  float confidence = 0;
  SpeakerId speaker = 0;
};

}  // namespace attune::align
