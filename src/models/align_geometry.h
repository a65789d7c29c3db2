#pragma once

#include <string>

#include "models/log_mel.h"
#include "models/mouth_crop.h"
#include "models/weights.h"

namespace attune::models {

/// Input geometry and sizes of the aligner's networks, as its weight file states them. One tick is
/// one token of the grid.
struct AlignGeometry {
  std::string version;

  LogMelGeometry sound;
  MouthCropGeometry crop;
  /// Crops in one picture of the face encoder.
  int crop_stack = 0;
  /// A crop is standardised to (v - mean) / (std + crop_std_offset), in gray levels.
  double crop_std_offset = 0;

  /// Width of audio and face tokens.
  int width = 0;
  int heads = 0;
  int head_width = 0;
  /// Ticks; lags -max_lag .. max_lag, positive: the picture comes late.
  int max_lag = 0;
  /// Ticks before and after over which evidence is gathered.
  int evidence_radius = 0;
  /// Smallest sum of window weights that evidence is divided by.
  double evidence_min_weight = 0;
  /// Queries and keys are scaled to length 1; shorter vectors are divided by this.
  double unit_eps = 0;

  /// Mel frames on each side of a token's own frame that audio encoder and speech activity see.
  int audio_context = 0;
  int speech_context = 0;
  /// Crops on each side of a token's own that the face encoder sees.
  int face_context = 0;
  /// Ticks on each side that the speaking and off-screen heads see.
  int head_context = 0;
  /// The evidence margin is clamped to +-margin_clamp and multiplied by margin_scale.
  double margin_clamp = 0;
  double margin_scale = 0;
  double motion_scale = 0;

  int lags() const { return 2 * max_lag + 1; }
  int mel_frames_per_tick() const {
    return sound.sample_rate_hz / (kTokensPerSecond * sound.frame_hop);
  }
};

/// Reads the file's metadata: `hyper_parameters` and `input_geometry`, two JSON objects. Throws
/// Error(kModel) when it is not a weight file of the aligner, when a number is missing, or when
/// they do not fit together or to the token grid.
AlignGeometry read_align_geometry(const WeightFile& file);

}  // namespace attune::models
