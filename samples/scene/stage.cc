#include "samples/scene/stage.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "samples/scene/random.h"
#include "samples/scene/room.h"

namespace attune::scene {
namespace {

constexpr double kSetWidth = 1280;  // the set is built for a picture of this size
constexpr double kSetHeight = 720;
constexpr double kSoloWidth = 560;  // what a narrow picture must show of a person alone
constexpr double kCloseUpZoom = 1.65;
constexpr Point kCloseUpFace{655, 330};  // where the face stands in a close-up

Surface new_surface(PictureSize size) {
  return Surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, size.width, size.height));
}

/// The grain of a camera: without it, the wall's faint shades turn into bands.
void add_grain(cairo_surface_t* surface) {
  Random random(7);
  cairo_surface_flush(surface);
  unsigned char* row = cairo_image_surface_get_data(surface);
  for (int y = 0; y < cairo_image_surface_get_height(surface); ++y) {
    for (int x = 0; x < cairo_image_surface_get_width(surface); ++x) {
      const double grain = random.uniform(-2.5, 2.5);
      for (int channel = 0; channel < 3; ++channel) {
        unsigned char& value = row[4 * x + channel];
        value = static_cast<unsigned char>(std::clamp(std::lround(value + grain), 0L, 255L));
      }
    }
    row += cairo_image_surface_get_stride(surface);
  }
  cairo_surface_mark_dirty(surface);
}

}  // namespace

Stage::Stage(const Screenplay& play, PictureSize size, std::uint64_t seed)
    : size_(size), speakers_(play.speakers), shots_(play.shots), picture_(new_surface(size)) {
  for (int character = 0; character < play.speakers; ++character) {
    Performer performer{character, HeadMotion(play, character, seed), {}};
    for (const Turn& turn : play.turns) {
      if (turn.character != character) continue;
      performer.speeches.emplace_back(turn.start, MouthTrack(turn.speech));
    }
    performers_.push_back(std::move(performer));
  }
}

cairo_surface_t* Stage::draw(double time) {
  const std::optional<int> subject = close_up(time);
  cairo_surface_t* background = still(subject);
  cairo_surface_flush(picture_.get());
  std::memcpy(cairo_image_surface_get_data(picture_.get()),
              cairo_image_surface_get_data(background),
              static_cast<std::size_t>(cairo_image_surface_get_stride(background)) *
                  static_cast<std::size_t>(size_.height));
  cairo_surface_mark_dirty(picture_.get());
  const Camera view = camera(subject);
  for (const Performer& performer : performers_) {
    const Context cr(cairo_create(picture_.get()));
    const Point place = seat(performer.character);
    cairo_translate(cr.get(), view.x, view.y);
    cairo_scale(cr.get(), view.scale, view.scale);
    cairo_translate(cr.get(), place.x, place.y);
    draw_head_and_neck(cr.get(), look_of(performer.character), performer.motion.at(time),
                       mouth(performer, time));
  }
  cairo_surface_flush(picture_.get());
  return picture_.get();
}

std::vector<VisibleFace> Stage::faces(double time) const {
  const Camera view = camera(close_up(time));
  std::vector<VisibleFace> faces;
  for (const Performer& performer : performers_) {
    const Point place = seat(performer.character);
    const auto to_pixels = [&](Point& p) {
      p = {view.x + view.scale * (place.x + p.x), view.y + view.scale * (place.y + p.y)};
    };
    VisibleFace face{performer.character,
                     face_geometry(look_of(performer.character), performer.motion.at(time),
                                   mouth(performer, time))};
    to_pixels(face.geometry.top_left);
    to_pixels(face.geometry.bottom_right);
    for (Point& landmark : face.geometry.landmarks) to_pixels(landmark);
    const double middle = (face.geometry.top_left.x + face.geometry.bottom_right.x) / 2;
    if (middle >= 0 && middle < size_.width) faces.push_back(face);
  }
  return faces;
}

std::optional<int> Stage::close_up(double time) const {
  const auto next = std::ranges::upper_bound(shots_, time, {}, &Shot::start);
  return next == shots_.begin() ? std::nullopt : std::prev(next)->close_up;
}

Stage::Camera Stage::camera(std::optional<int> subject) const {
  const double in_view = speakers_ == 1 ? kSoloWidth : kSetWidth;
  const double fit = std::min(size_.width / in_view, size_.height / kSetHeight);
  const Point middle{size_.width / 2.0, size_.height / 2.0};
  if (!subject) {
    return {fit, middle.x - fit * kSetWidth / 2, middle.y - fit * kSetHeight / 2};
  }
  const double scale = fit * kCloseUpZoom;
  const Point face = seat(*subject);
  return {scale, middle.x + fit * (kCloseUpFace.x - kSetWidth / 2) - scale * face.x,
          middle.y + fit * (kCloseUpFace.y - kSetHeight / 2) - scale * face.y};
}

Point Stage::seat(int character) const {
  if (speakers_ == 1) return {640, 318};
  return character == 0 ? Point{392, 328} : Point{888, 312};
}

MouthShape Stage::mouth(const Performer& performer, double time) const {
  // At rest the lips are not quite still.
  MouthShape shape{.width =
                       0.03 * std::sin(2 * std::numbers::pi * 0.13 * time + performer.character)};
  for (const auto& [start, track] : performer.speeches) {
    const MouthShape spoken = track.at(time - start);
    shape.open += spoken.open;
    shape.width += spoken.width;
    shape.teeth += spoken.teeth;
    shape.tongue += spoken.tongue;
  }
  return shape;
}

cairo_surface_t* Stage::still(std::optional<int> subject) {
  Surface& surface = stills_[subject];
  if (!surface) {
    surface = new_surface(size_);
    const Context cr(cairo_create(surface.get()));
    const Camera view = camera(subject);
    cairo_translate(cr.get(), view.x, view.y);
    cairo_scale(cr.get(), view.scale, view.scale);
    draw_room(cr.get());
    add_grain(surface.get());
    for (const Performer& performer : performers_) {
      const Saved saved(cr.get());
      const Point place = seat(performer.character);
      cairo_translate(cr.get(), place.x, place.y);
      draw_body(cr.get(), look_of(performer.character));
    }
    cairo_surface_flush(surface.get());
  }
  return surface.get();
}

}  // namespace attune::scene
