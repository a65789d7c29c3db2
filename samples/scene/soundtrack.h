#pragma once

#include <cstdint>
#include <vector>

#include "samples/scene/screenplay.h"

namespace attune::scene {

inline constexpr int kSoundRate = 48000;  // samples per second of the finished sound

/// The sound of a screenplay, mono, kSoundRate, as long as the picture: every turn `offset_s`
/// seconds after (negative: before) its picture, over a noise floor that can hardly be heard.
std::vector<float> mix_soundtrack(const Screenplay& play, double offset_s, std::uint64_t seed);

}  // namespace attune::scene
