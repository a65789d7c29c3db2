#include "samples/scene/soundtrack.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <cmath>
#include <memory>

#include "core/error.h"
#include "samples/scene/random.h"

namespace attune::scene {
namespace {

constexpr double kNoisePeak = 0.00045;  // -72 dBFS RMS of evenly distributed noise

struct FreeResampler {
  void operator()(SwrContext* context) const { swr_free(&context); }
};

std::vector<float> resampled(const std::vector<float>& samples, std::size_t length) {
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;  // not const: libswresample 4 asks for that
  SwrContext* raw = nullptr;
  swr_alloc_set_opts2(&raw, &mono, AV_SAMPLE_FMT_FLT, kSoundRate, &mono, AV_SAMPLE_FMT_FLT,
                      kSpeechRate, 0, nullptr);
  const std::unique_ptr<SwrContext, FreeResampler> context(raw);
  if (!context || swr_init(context.get()) < 0) {
    throw Error(ErrorKind::kInternal, "libswresample does not convert 16 to 48 kHz");
  }
  std::vector<float> result(length);
  std::size_t written = 0;
  const auto convert = [&](const float* input, std::size_t count) {
    auto* output = reinterpret_cast<std::uint8_t*>(result.data() + written);
    const auto* source = reinterpret_cast<const std::uint8_t*>(input);
    const int got = swr_convert(context.get(), &output, static_cast<int>(length - written),
                                input == nullptr ? nullptr : &source, static_cast<int>(count));
    if (got < 0) throw Error(ErrorKind::kInternal, "libswresample failed");
    written += static_cast<std::size_t>(got);
  };
  convert(samples.data(), samples.size());
  convert(nullptr, 0);
  return result;
}

}  // namespace

std::vector<float> mix_soundtrack(const Screenplay& play, double offset_s, std::uint64_t seed) {
  const auto length = static_cast<std::size_t>(std::llround(play.duration * kSpeechRate));
  std::vector<float> samples(length);
  Random random(seed ^ 0x5eed);
  for (float& sample : samples)
    sample = static_cast<float>(random.uniform(-kNoisePeak, kNoisePeak));
  for (const Turn& turn : play.turns) {
    const auto first = std::llround((turn.start + offset_s) * kSpeechRate);
    for (std::size_t i = 0; i < turn.speech.samples.size(); ++i) {
      const long long at = first + static_cast<long long>(i);
      if (at < 0 || at >= static_cast<long long>(length)) continue;
      samples[static_cast<std::size_t>(at)] += turn.speech.samples[i];
    }
  }
  return resampled(samples, static_cast<std::size_t>(std::llround(play.duration * kSoundRate)));
}

}  // namespace attune::scene
