#pragma once

#include <filesystem>
#include <string>

#include "samples/scene/screenplay.h"
#include "samples/scene/truth.h"

namespace attune::scene {

struct Options {
  std::filesystem::path movie = "scene.mp4";
  std::filesystem::path truth;  // empty: beside the movie
  ScreenplayOptions screenplay;
  PictureSize size;
  FrameRate rate;
  int offset_ms = 0;
};

/// Reads the command line. Prints and leaves the program with --help and on mistakes (code 2).
Options parse_options(int argc, char** argv);

}  // namespace attune::scene
