#pragma once

#include "media/av.h"
#include "media/orientation.h"

namespace attune::media {

/// Decoded pictures to what every encoder takes and text is laid over: 8-bit planar 4:2:0 with even
/// sides, of the decoder's colour matrix and range, not turned and not scaled. A picture in that
/// form already keeps its every value; odd sides get their last row or column twice. Keeps tables
/// for the last conversion. Not thread-safe.
class PicturePreparer {
 public:
  /// A writable picture with the times and properties of `picture`. Throws Error(kInput) when
  /// FFmpeg cannot convert the pixel format.
  FrameHandle prepare(const AVFrame& picture);

 private:
  void convert(const AVFrame& picture, AVFrame& target);

  ScaleContext scaler_;
  int source_format_ = -1;
  PictureSize source_size_;
};

/// The size that prepare() gives.
PictureSize even_size(PictureSize size);

}  // namespace attune::media
