#pragma once

#include <vector>

#include "models/align_model.h"
#include "models/tick_buffer.h"

namespace attune::models {

/// A block of AlignModel::kBlockTicks ticks between the attention and the heads.
struct AttendedBlock {
  TokenIndex first = 0;
  /// Ticks that exist: fewer than kBlockTicks at the end of the recording.
  int length = 0;
  attention::LagEvidence evidence;
  attention::LagWeights weights;
  /// Greatest evidence of each track over that of the null key, [heads, kBlockTicks, tracks].
  std::vector<float> margin;
};

/// One face as the heads see it. Ticks that a buffer does not hold count as zeros.
struct AttendedTrack {
  /// Place among the block's tracks.
  int index = 0;
  const TickBuffer& values;
  const TickBuffer& motion;
};

/// Columns of the speaking head for one track, [block.length, features]; the order of the features
/// is that of `SpeakingHead` in training/align/networks.py. `audio`, `speech`: at the block's
/// ticks.
std::vector<float> speaking_columns(const AlignModel& model, const AttendedBlock& block,
                                    const AttendedTrack& track, const TickBuffer& audio,
                                    const TickBuffer& speech);

/// Columns of the off-screen head, [block.length, features], as `OffscreenHead` has them.
std::vector<float> offscreen_columns(const AlignModel& model, const AttendedBlock& block,
                                     const TickBuffer& audio, const TickBuffer& speech);

}  // namespace attune::models
