#pragma once

#include "media/av.h"
#include "media/image.h"
#include "media/video_frame.h"

namespace attune::media {

/// Decoded pictures to upright images with square pixels of any size.
///
/// Shrinks by area averaging, enlarges bilinearly. The result depends on the picture alone (exact
/// rounding, no thread or history). Colours follow the matrix and range that the picture states;
/// where it states none, BT.709 for HD and BT.601 below, and limited range, as players assume.
///
/// Keeps the tables for the last conversion of each kind. Not thread-safe; cheap to own one for
/// each thread.
class Scaler {
 public:
  /// Luma, 0 black to 255 white, `width` x `height` upright pixels. Reads only the luma plane where
  /// the picture has one; of the same size, it is copied.
  /// Throws Error(kInput) when FFmpeg cannot convert the pixel format.
  Image gray(const VideoFrame& frame, int width, int height);

  /// Interleaved blue, green, red, full range. Throws as gray() does.
  Image bgr(const VideoFrame& frame, int width, int height);

 private:
  struct Conversion {
    int source_width = 0;
    int source_height = 0;
    int source_format = -1;
    int color_space = 0;
    bool is_full_range = false;
    int width = 0;
    int height = 0;
    int format = -1;

    bool operator==(const Conversion&) const = default;
  };
  struct Stage {
    Conversion made_for;
    ScaleContext context;
    FrameHandle scaled;
  };

  /// Scales planes as `wanted` says, into a picture that lives until the stage's next use.
  static const AVFrame& scale(Stage& stage, const Conversion& wanted,
                              const std::uint8_t* const* planes, const int* strides);

  Stage gray_;
  Stage bgr_;
};

}  // namespace attune::media
