#pragma once

#include <string>

#include "media/av.h"
#include "media/image.h"

namespace attune::media {

/// Pictures of one feed as JPEG files (ITU-T T.81, baseline, 4:2:0). Keeps the encoder for the last
/// size. Not thread-safe.
class JpegEncoder {
 public:
  /// `quality` from 2, the best, to 31.
  explicit JpegEncoder(int quality = 6) : quality_(quality) {}

  /// `bgr` has three channels; it is reduced so that no side is longer than `longest_side`. Throws
  /// Error(kInternal) for another picture, Error(kOutput) when FFmpeg has no JPEG encoder.
  std::string encode(const Image& bgr, int longest_side);

 private:
  void open(int width, int height, int source_width, int source_height);

  int quality_;
  int source_width_ = 0;
  int source_height_ = 0;
  CodecContext encoder_;
  ScaleContext scaler_;
  FrameHandle frame_;
};

}  // namespace attune::media
