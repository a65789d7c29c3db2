#include "media/text_renderer.h"

#include <ass/ass.h>
#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstdarg>
#include <cstdio>
#include <set>

#include "core/error.h"
#include "core/log.h"

namespace attune::media {
namespace {

/// Events are drawn at time zero and on display for a while.
constexpr long long kShownFor_ms = 1000;

struct Release {
  void operator()(ASS_Library* library) const { ass_library_done(library); }
  void operator()(ASS_Renderer* renderer) const { ass_renderer_done(renderer); }
  void operator()(ASS_Track* track) const { ass_free_track(track); }
};

/// What libass found no font for, which it tells in messages only: characters, and 0 where it has
/// no font at all.
using Missing = std::set<UChar32>;

/// libass's levels: 0 fatal to 7 debug.
void take_message(int level, const char* format, va_list arguments, void* missing) {
  char line[1024];
  std::vsnprintf(line, sizeof line, format, arguments);
  unsigned character = 0;
  if (std::sscanf(line, "fontselect: failed to find any fallback with glyph 0x%X", &character) == 1)
    static_cast<Missing*>(missing)->insert(static_cast<UChar32>(character));
  if (level < 6) log()->debug("libass: {}", line);
}

/// A letter that cannot be drawn makes captions unreadable; emoji, signs and what has no look of
/// its own do not.
void report(UChar32 character) {
  if (character == 0) {
    throw Error(ErrorKind::kOutput,
                "no font can be found to draw the captions with: install one "
                "(fonts-dejavu-core) and let fontconfig find it");
  }
  if (u_hasBinaryProperty(character, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return;
  std::string letter;
  icu::UnicodeString(character).toUTF8String(letter);
  const auto code = static_cast<unsigned>(character);
  if (u_isUAlphabetic(character)) {
    throw Error(ErrorKind::kOutput,
                fmt::format("no font has the letter '{}' (U+{:04X}) of the captions: install one "
                            "that has it (fonts-noto-core, fonts-noto-cjk) and let fontconfig "
                            "find it",
                            letter, code));
  }
  log()->warn("no font has the sign '{}' (U+{:04X}): a box is drawn in its place", letter, code);
}

}  // namespace

struct TextRenderer::Ass {
  Missing missing;
  Missing reported;
  std::unique_ptr<ASS_Library, Release> library;
  std::unique_ptr<ASS_Renderer, Release> renderer;
  std::unique_ptr<ASS_Track, Release> track;
};

TextRenderer::TextRenderer(const std::string& script_header, int width, int height,
                           double pixel_aspect)
    : ass_(std::make_unique<Ass>()) {
  ass_->library.reset(ass_library_init());
  if (!ass_->library) throw Error(ErrorKind::kOutput, "libass does not start");
  ass_set_message_cb(ass_->library.get(), take_message, &ass_->missing);
  ass_->renderer.reset(ass_renderer_init(ass_->library.get()));
  ass_->track.reset(ass_new_track(ass_->library.get()));
  if (!ass_->renderer || !ass_->track) throw Error(ErrorKind::kOutput, "libass does not start");
  ass_set_frame_size(ass_->renderer.get(), width, height);
  ass_set_storage_size(ass_->renderer.get(), width, height);
  // Letters are drawn as much narrower as the pixels are shown wider.
  ass_set_pixel_aspect(ass_->renderer.get(), 1 / pixel_aspect);
  ass_set_fonts(ass_->renderer.get(), nullptr, "sans-serif", ASS_FONTPROVIDER_AUTODETECT, nullptr,
                1);
  std::string header = script_header;
  ass_process_codec_private(ass_->track.get(), header.data(), static_cast<int>(header.size()));
}

TextRenderer::~TextRenderer() = default;
TextRenderer::TextRenderer(TextRenderer&&) noexcept = default;
TextRenderer& TextRenderer::operator=(TextRenderer&&) noexcept = default;

std::vector<TextImage> TextRenderer::draw(std::span<const std::string> events) {
  ass_flush_events(ass_->track.get());
  for (std::size_t i = 0; i < events.size(); ++i) {
    // Order, layer, style, name, three margins, effect, text.
    std::string chunk = fmt::format("{},0,Default,,0,0,0,,{}", i, events[i]);
    ass_process_chunk(ass_->track.get(), chunk.data(), static_cast<int>(chunk.size()), 0,
                      kShownFor_ms);
  }
  int change = 0;
  const ASS_Image* image = ass_render_frame(ass_->renderer.get(), ass_->track.get(), 0, &change);
  for (const UChar32 character : ass_->missing)
    if (ass_->reported.insert(character).second) report(character);
  std::vector<TextImage> images;
  for (; image != nullptr; image = image->next) {
    if (image->w <= 0 || image->h <= 0) continue;
    const std::uint32_t color = image->color;
    images.push_back({image->dst_x, image->dst_y, image->w, image->h, image->stride, image->bitmap,
                      static_cast<std::uint8_t>(color >> 24),
                      static_cast<std::uint8_t>(color >> 16 & 0xFF),
                      static_cast<std::uint8_t>(color >> 8 & 0xFF),
                      static_cast<std::uint8_t>(255 - (color & 0xFF))});
  }
  return images;
}

}  // namespace attune::media
