#pragma once

#include <cstdint>
#include <vector>

namespace attune::media {

/// Interleaved 8-bit picture, rows without padding; `channels` is 1 (gray) or 3 (BGR).
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

  const std::uint8_t* row(int y) const {
    return pixels.data() + static_cast<std::size_t>(y) * width * channels;
  }
  std::uint8_t* row(int y) {
    return pixels.data() + static_cast<std::size_t>(y) * width * channels;
  }
};

}  // namespace attune::media
