#include "samples/scene/mouth.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

namespace attune::scene {
namespace {

constexpr double kShapeRate = 200;  // shapes per second
constexpr double kMargin = 0.15;    // seconds around the speech in which the mouth settles
constexpr double kBlend = 0.055;    // seconds each side over which neighbouring phones melt
constexpr double kLoudnessWindow = 0.03;

struct PhoneShape {
  std::string_view phone;
  MouthShape shape;
};

// After the usual viseme groups of the CMU phones.
constexpr PhoneShape kPhoneShapes[] = {
    {"aa", {1.00, 0.05, 0.35, 0.1}},  {"ae", {0.85, 0.55, 0.60, 0.2}},
    {"ah", {0.70, 0.10, 0.45, 0.2}},  {"ao", {0.85, -0.50, 0.15, 0.1}},
    {"aw", {0.85, -0.20, 0.30, 0.1}}, {"ax", {0.45, 0.05, 0.45, 0.2}},
    {"ay", {0.85, 0.30, 0.50, 0.2}},  {"b", {0.00, 0.00, 0.00, 0.0}},
    {"ch", {0.28, -0.55, 0.80, 0.4}}, {"d", {0.25, 0.25, 0.80, 0.8}},
    {"dh", {0.25, 0.15, 0.70, 1.0}},  {"eh", {0.65, 0.45, 0.60, 0.3}},
    {"er", {0.40, -0.35, 0.50, 0.4}}, {"ey", {0.55, 0.65, 0.70, 0.3}},
    {"f", {0.12, 0.15, 1.00, 0.0}},   {"g", {0.35, 0.15, 0.50, 0.2}},
    {"hh", {0.40, 0.10, 0.40, 0.2}},  {"ih", {0.42, 0.45, 0.70, 0.3}},
    {"iy", {0.32, 0.95, 0.90, 0.4}},  {"jh", {0.28, -0.55, 0.80, 0.4}},
    {"k", {0.35, 0.15, 0.50, 0.2}},   {"l", {0.42, 0.15, 0.60, 1.0}},
    {"m", {0.00, 0.00, 0.00, 0.0}},   {"n", {0.26, 0.20, 0.70, 0.9}},
    {"ng", {0.32, 0.20, 0.50, 0.3}},  {"ow", {0.60, -0.80, 0.05, 0.1}},
    {"oy", {0.65, -0.55, 0.15, 0.2}}, {"p", {0.00, 0.00, 0.00, 0.0}},
    {"r", {0.28, -0.50, 0.40, 0.3}},  {"s", {0.16, 0.55, 1.00, 0.2}},
    {"sh", {0.24, -0.65, 0.90, 0.2}}, {"t", {0.24, 0.30, 0.85, 0.7}},
    {"th", {0.25, 0.15, 0.70, 1.0}},  {"uh", {0.42, -0.45, 0.25, 0.2}},
    {"uw", {0.28, -1.00, 0.00, 0.1}}, {"v", {0.12, 0.15, 1.00, 0.0}},
    {"w", {0.16, -1.00, 0.00, 0.0}},  {"y", {0.26, 0.75, 0.80, 0.4}},
    {"z", {0.16, 0.55, 1.00, 0.2}},   {"zh", {0.24, -0.65, 0.90, 0.2}},
};

MouthShape shape_of(std::string_view phone) {
  const auto found = std::ranges::find(kPhoneShapes, phone, &PhoneShape::phone);
  return found == std::end(kPhoneShapes) ? MouthShape{} : found->shape;
}

MouthShape scaled(const MouthShape& shape, double factor) {
  return {shape.open * factor, shape.width * factor, shape.teeth * factor, shape.tongue * factor};
}

MouthShape sum(const MouthShape& a, const MouthShape& b) {
  return {a.open + b.open, a.width + b.width, a.teeth + b.teeth, a.tongue + b.tongue};
}

/// Loudness around `time` relative to the speech as a whole, about 1 on a stressed vowel.
double loudness(const Speech& speech, double time) {
  const auto size = static_cast<double>(speech.samples.size());
  const auto from =
      static_cast<std::size_t>(std::clamp((time - kLoudnessWindow) * kSpeechRate, 0.0, size));
  const auto to =
      static_cast<std::size_t>(std::clamp((time + kLoudnessWindow) * kSpeechRate, 0.0, size));
  double energy = 0;
  for (std::size_t i = from; i < to; ++i) energy += speech.samples[i] * speech.samples[i];
  const double rms = to > from ? std::sqrt(energy / static_cast<double>(to - from)) : 0;
  constexpr double kStressedRms = 0.16;
  return std::min(1.2, rms / kStressedRms);
}

/// The shape each moment aims at, before neighbours melt.
std::vector<MouthShape> targets(const Speech& speech) {
  const auto count = static_cast<std::size_t>((speech.duration() + 2 * kMargin) * kShapeRate) + 1;
  std::vector<MouthShape> shapes(count);
  for (const TimedName& phone : speech.phones) {
    const MouthShape shape = shape_of(phone.name);
    const auto first = static_cast<std::size_t>(std::ceil((phone.start + kMargin) * kShapeRate));
    for (std::size_t i = first; i < count && i / kShapeRate - kMargin < phone.end; ++i) {
      shapes[i] = shape;
      shapes[i].open *= 0.75 + 0.4 * loudness(speech, i / kShapeRate - kMargin);
    }
  }
  return shapes;
}

std::vector<MouthShape> melted(const std::vector<MouthShape>& shapes) {
  const int reach = static_cast<int>(kBlend * kShapeRate);
  const int count = static_cast<int>(shapes.size());
  std::vector<MouthShape> result(shapes.size());
  for (int i = 0; i < count; ++i) {
    double total = 0;
    for (int d = -reach; d <= reach; ++d) {
      const double weight = 1 + std::cos(std::numbers::pi * d / (reach + 1));
      total += weight;
      if (i + d < 0 || i + d >= count) continue;
      const auto neighbour = static_cast<std::size_t>(i + d);
      result[static_cast<std::size_t>(i)] =
          sum(result[static_cast<std::size_t>(i)], scaled(shapes[neighbour], weight));
    }
    result[static_cast<std::size_t>(i)] = scaled(result[static_cast<std::size_t>(i)], 1 / total);
  }
  return result;
}

}  // namespace

MouthTrack::MouthTrack(const Speech& speech) : shapes_(melted(targets(speech))) {}

MouthShape MouthTrack::at(double time) const {
  const double position = (time + kMargin) * kShapeRate;
  if (position < 0 || position >= static_cast<double>(shapes_.size() - 1)) return {};
  const auto index = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(index);
  return sum(scaled(shapes_[index], 1 - fraction), scaled(shapes_[index + 1], fraction));
}

}  // namespace attune::scene
