#pragma once

extern "C" {
#include <libavutil/rational.h>
}

#include <filesystem>
#include <memory>
#include <span>

#include "samples/scene/stage.h"

namespace attune::scene {

/// Writes an mp4 file: H.264 (MPEG-4 part 2 where libav has no H.264 encoder) and AAC. The same
/// pictures and sound give the same bytes. Not thread-safe.
class MovieWriter {
 public:
  /// Throws Error(kOutput) when the file cannot be written, Error(kInternal) without encoders.
  MovieWriter(const std::filesystem::path& path, PictureSize size, AVRational frames_per_second);
  ~MovieWriter();

  /// The next picture, an RGB24 surface of cairo of the size given.
  void write_picture(cairo_surface_t* picture);
  /// The next samples, mono, kSoundRate.
  void write_sound(std::span<const float> samples);
  /// Drains the encoders and completes the file.
  void finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attune::scene
