#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace attune::media {

/// A picture as a PNG file. rgb: [height, width, 3], row-major. Throws Error(kInternal) when the
/// sizes do not fit, Error(kOutput) when FFmpeg has no PNG encoder.
std::string encode_png(std::span<const std::uint8_t> rgb, int width, int height);

}  // namespace attune::media
