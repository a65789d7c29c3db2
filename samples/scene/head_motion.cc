#include "samples/scene/head_motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "samples/scene/random.h"

namespace attune::scene {
namespace {

constexpr double kBlinkClosing = 0.08;  // seconds
constexpr double kBlinkOpening = 0.14;
constexpr double kGlance = 0.35;  // seconds to turn to somebody

/// 0 outside of [start, end], 1 inside, smooth over `ramp` seconds at both ends.
double plateau(double time, double start, double end, double ramp) {
  const auto rise = [ramp](double t) {
    const double u = std::clamp(t / ramp, 0.0, 1.0);
    return u * u * (3 - 2 * u);
  };
  return rise(time - start) * rise(end - time);
}

}  // namespace

HeadMotion::HeadMotion(const Screenplay& play, int character, std::uint64_t seed) {
  Random random(seed * 1000003 + static_cast<std::uint64_t>(character));
  const auto waves = [&random](double amplitude) {
    std::vector<Wave> result;
    for (const double frequency : {0.11, 0.27, 0.53}) {
      result.push_back({amplitude * 0.1 / frequency, frequency * random.uniform(0.8, 1.25),
                        random.uniform(0, 2 * std::numbers::pi)});
    }
    return result;
  };
  x_ = waves(2.6);
  y_ = waves(1.4);
  roll_ = waves(0.012);
  yaw_ = waves(0.35);
  pitch_ = waves(0.3);
  for (double t = random.uniform(0.6, 2.5); t < play.duration; t += random.uniform(2.2, 5.2)) {
    blinks_.push_back(t);
  }
  for (const Turn& turn : play.turns) {
    if (turn.character == character) {
      own_turns_.push_back({turn.start, turn.end(), 1});
    } else {
      // The announcement comes from above: nobody to look at, so both look at each other's side.
      const double side = character == 0 ? 1 : -1;
      const double far = turn.character == kOffScreen ? -0.6 : 1;
      gazes_.push_back({turn.start, turn.end(), side * far});
    }
  }
}

double HeadMotion::sway(const std::vector<Wave>& waves, double time) const {
  double value = 0;
  for (const Wave& wave : waves) {
    value += wave.amplitude * std::sin(2 * std::numbers::pi * wave.frequency * time + wave.phase);
  }
  return value;
}

double HeadMotion::blink(double time) const {
  for (const double start : blinks_) {
    const double since = time - start;
    if (since < 0 || since > kBlinkClosing + kBlinkOpening) continue;
    return since < kBlinkClosing ? since / kBlinkClosing
                                 : 1 - (since - kBlinkClosing) / kBlinkOpening;
  }
  return 0;
}

HeadPose HeadMotion::at(double time) const {
  HeadPose pose{.x = sway(x_, time),
                .y = sway(y_, time),
                .roll = sway(roll_, time),
                .yaw = std::clamp(sway(yaw_, time), -1.0, 1.0),
                .pitch = std::clamp(sway(pitch_, time), -1.0, 1.0),
                .blink = blink(time)};
  for (const Span& gaze : gazes_) {
    const double glance = plateau(time, gaze.start, gaze.end + kGlance, kGlance) * gaze.value;
    pose.gaze += glance;
    pose.yaw += 0.5 * glance;
  }
  for (const Span& turn : own_turns_) {
    const double speaking = plateau(time, turn.start, turn.end, kGlance);
    const double beat = time - turn.start;
    pose.y += speaking * 1.6 * std::sin(2 * std::numbers::pi * 0.9 * beat);
    pose.pitch += speaking * 0.35 * std::sin(2 * std::numbers::pi * 0.9 * beat + 0.6);
    pose.brows += speaking * 0.5 * (1 + std::sin(2 * std::numbers::pi * 0.37 * beat));
  }
  return pose;
}

}  // namespace attune::scene
