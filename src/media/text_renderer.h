#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace attune::media {

/// A part of drawn text in one colour, as a renderer holds it: valid until it draws again.
struct TextImage {
  /// Of the upper left corner in the picture.
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  int stride = 0;
  /// How much of each pixel is text: 0 none, 255 all.
  const std::uint8_t* coverage = nullptr;
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  /// 255: what is covered is not seen through.
  std::uint8_t opacity = 255;
};

/// Draws text with libass: fonts by fontconfig, right-to-left and complex scripts by FriBidi and
/// HarfBuzz. Not thread-safe.
class TextRenderer {
 public:
  /// `script_header` is that of an Advanced SubStation Alpha script; `width` x `height` pixels of
  /// the upright picture, each `pixel_aspect` times as wide as high when shown. Throws
  /// Error(kOutput) when libass cannot start.
  TextRenderer(const std::string& script_header, int width, int height, double pixel_aspect);
  ~TextRenderer();
  TextRenderer(TextRenderer&&) noexcept;
  TextRenderer& operator=(TextRenderer&&) noexcept;

  /// Images of events shown together, to be laid over each other in order. `events` are texts with
  /// override tags. Throws Error(kOutput) when there is no font to draw with or none has one of the
  /// letters; says once of each other sign that none has it.
  std::vector<TextImage> draw(std::span<const std::string> events);

 private:
  struct Ass;
  std::unique_ptr<Ass> ass_;
};

}  // namespace attune::media
