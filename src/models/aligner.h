#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "models/align_model.h"
#include "models/aligner_columns.h"
#include "models/audio_tokenizer.h"
#include "models/face_tokenizer.h"
#include "models/lag_estimator.h"
#include "models/tick_buffer.h"

namespace attune::models {

/// What the alignment says at the ticks [first, first + length()). Vectors hold one number a tick
/// except where said. Successive results follow each other without a gap.
struct AlignedTicks {
  struct Track {
    std::int64_t id = 0;
    /// The first tick of the vectors; they cover the ticks at which the track is visible.
    TokenIndex first = 0;
    /// Share of the sound that this face explains, in [0, 1], mean over heads.
    std::vector<float> mass;
    /// Speaking logit: > 0 means this face speaks.
    std::vector<float> speaking;
  };

  TokenIndex first = 0;
  /// Every track visible at one of the ticks, in order of id.
  std::vector<Track> tracks;
  /// Share of the sound that no face explains, in [0, 1], mean over heads.
  std::vector<float> null_mass;
  /// Probability of speech from sound alone, in [0, 1].
  std::vector<float> speech;
  /// Logit of speech whose speaker is not visible.
  std::vector<float> off_screen;
  /// [length, lags]: weights per lag, summed over faces, as this moment alone gives them (without
  /// the prior). Lag d: the sound at t matches the picture at t + d ticks.
  std::vector<float> profile;
  /// Lag between sound and picture as known at each tick, sub-tick, in ticks; positive: the picture
  /// comes late.
  std::vector<float> lag_ticks;
  /// Confidence in the lag, in [0, 1].
  std::vector<float> lag_confidence;

  int length() const { return static_cast<int>(null_mass.size()); }
  TokenIndex end() const { return first + length(); }
};

struct AlignerOptions {
  /// The recording's first tick.
  TokenIndex first = 0;
  /// A live feed forgets its lag over a minute; a file remembers everything.
  bool live = false;
  /// Ticks of sound and faces after a block of AlignModel::kBlockTicks that its results may wait
  /// for; what comes later has no part in them. Nothing: all that the model looks ahead.
  std::optional<int> look_ahead_ticks = std::nullopt;
  /// Log prior over lags, [lags], to use instead of the one estimated on the way; empty: estimate.
  std::vector<float> lag_prior;
};

/// The alignment of sound with all faces, as a stream: audio-as-query cross-attention over the
/// tokens of all tracks within the lags and a learned "nobody visible" key, evidence gathered along
/// the lag diagonals, then the speaking and off-screen heads (training/align/networks.py). The
/// prior over lags at tick t is what the profiles up to and including t say
/// (training/align/lag.py).
///
/// Results are computed in blocks of AlignModel::kBlockTicks and come out when the sound and the
/// faces look_ahead() ticks later are known. The same tokens give the same bits however they were
/// cut and on any thread. Memory: O(tracks) times a few seconds of tokens, however long the stream.
/// Not thread-safe. Throws Error(kUsage) when tokens do not follow each other.
class Aligner {
 public:
  explicit Aligner(std::shared_ptr<const AlignModel> model, AlignerOptions options = {});

  /// Ticks of sound and faces beyond a tick's own that its result needs at most.
  static int look_ahead(const AlignGeometry& geometry);

  /// The next audio tokens; the first ones begin at options.first.
  void push_audio(const AudioTokens& tokens);

  /// The next tokens of a track. The first push begins it; a track whose ticks are complete ends at
  /// its last token. Ids are never used twice.
  void push_face(std::int64_t track, const FaceTokens& tokens);

  /// All tokens of all tracks at ticks before `tick` have been pushed.
  void faces_complete(TokenIndex tick);

  /// Results that have become known since the last call.
  AlignedTicks pull();

  /// Nothing more comes: the remaining results, up to the last audio token.
  AlignedTicks finish();

 private:
  struct Track {
    TokenIndex first = 0;
    TickBuffer values;
    TickBuffer keys;
    TickBuffer motion;
    /// Columns of the speaking head and mean mass, at successive ticks from the first block that
    /// had the track within reach.
    std::optional<TickBuffer> features;
    std::optional<TickBuffer> mass;
  };

  /// Ticks beyond a block that its evidence needs of the sound, and of the faces.
  int audio_ahead() const;
  int faces_ahead() const;
  /// Ticks beyond a result that the heads wait for.
  int head_ahead() const;
  bool block_ready() const;
  void attend();
  std::vector<float> follow_lag(const attention::LagEvidence& evidence);
  void add_columns(const AttendedBlock& block, int index, Track& track);
  void emit(AlignedTicks& result);
  void emit_track(std::int64_t id, const Track& track, TokenIndex begin, TokenIndex end,
                  AlignedTicks& result) const;
  std::vector<float> head(const AlignHead& head, const TickBuffer& features) const;
  void forget();
  AlignedTicks run();
  TokenIndex end() const { return audio_.end(); }

  std::shared_ptr<const AlignModel> model_;
  AlignerOptions options_;
  LagEstimator lag_;
  bool finished_ = false;

  TickBuffer audio_;
  TickBuffer speech_;
  TickBuffer queries_;
  TickBuffer null_logits_;
  std::map<std::int64_t, Track> tracks_;
  TokenIndex faces_end_;

  /// First tick of the next block to attend.
  TokenIndex next_block_;
  /// First tick of the next result.
  TokenIndex next_result_;
  /// Per tick, from attention on: what the results and the off-screen head need.
  TickBuffer offscreen_features_;
  TickBuffer null_mass_;
  TickBuffer profile_;
  /// Lag and confidence.
  TickBuffer lags_;
};

}  // namespace attune::models
