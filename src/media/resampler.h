#pragma once

#include <vector>

#include "media/av.h"

namespace attune::media {

/// Sound frames of any format to mono float at 16 kHz. Channels are mixed with the coefficients of
/// ITU-R BS.775 (the centre included), scaled so that no mix can exceed [-1, 1]; only the
/// interpolation between samples may. The first sample out lies at the first sample in.
/// Not thread-safe.
class Resampler {
 public:
  /// Whether frames like this one can follow those before; if not, drain() and start() again.
  bool accepts(const AVFrame& frame) const;

  /// Begins a new stretch of frames like this one; nothing is left of the one before.
  /// Throws Error(kInput) when FFmpeg cannot convert the format.
  void start(const AVFrame& frame);

  /// Appends what can be computed so far to `out`.
  void convert(const AVFrame& frame, std::vector<float>& out);
  /// Appends the samples still held back; start() before converting again.
  void drain(std::vector<float>& out);

 private:
  void convert_planes(const std::uint8_t** planes, int count, std::vector<float>& out);

  ResampleContext context_;
  /// Has the format and channel layout that the context was made for.
  FrameHandle like_;
};

}  // namespace attune::media
