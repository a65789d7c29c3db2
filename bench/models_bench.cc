// Milliseconds of one thread for each network on the tensor floor. Weights come from the model
// store, so pull them first or point ATTUNE_MODELS at a folder that has them.

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/freed_memory.h"
#include "models/active_speaker.h"
#include "models/align_model.h"
#include "models/face_detector.h"
#include "models/mfcc.h"
#include "models/model_store.h"
#include "models/silero_vad.h"

namespace attune::models {
namespace {

constexpr int kTokensPerSecond = 25;

WeightFile weights(ModelRole role, const char* name) {
  return WeightFile::open(ModelStore().resolve(role, name).path);
}

template <class F>
void run_or_skip(benchmark::State& state, F&& body) {
  try {
    body();
  } catch (const Error& error) {
    state.SkipWithError(error.what());
  }
}

// The first call compiles the kernels, so that it stands before the clock.
template <class F>
void measure(benchmark::State& state, F&& call) {
  benchmark::DoNotOptimize(call());
  for (auto _ : state) benchmark::DoNotOptimize(call());
}

std::vector<std::uint8_t> texture(std::size_t bytes) {
  std::vector<std::uint8_t> pixels(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    pixels[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24);
  return pixels;
}

void face_detector(benchmark::State& state, const char* model) {
  run_or_skip(state, [&] {
    const FaceDetector detector(weights(ModelRole::kFaceDetector, model));
    const int width = static_cast<int>(state.range(0));
    const int height = static_cast<int>(state.range(1));
    const auto picture = texture(static_cast<std::size_t>(width) * height * 3);
    measure(state, [&] { return detector.detect(picture.data(), width, height, width * 3); });
  });
}

void active_speaker_faces(benchmark::State& state, const char* model) {
  run_or_skip(state, [&] {
    const auto network = open_active_speaker(weights(ModelRole::kActiveSpeaker, model));
    const auto seconds = state.range(0);
    const auto crops =
        texture(static_cast<std::size_t>(seconds) * kTokensPerSecond * ActiveSpeaker::kCropBytes);
    measure(state, [&] { return network->encode_faces(crops); });
  });
}

// Mouth crops to face tokens, standardising included: what the aligner spends on a second of a
// face.
void align_faces(benchmark::State& state) {
  run_or_skip(state, [&] {
    const auto model =
        AlignModel::open(ModelStore().resolve(ModelRole::kAligner, "attune-align").path);
    const AlignFaceEncoder& encoder = model->face_encoder();
    const int stacks =
        static_cast<int>(state.range(0)) * kTokensPerSecond + 2 * AlignFaceEncoder::kStackContext;
    const int side = model->geometry().crop.side;
    const auto pixels = texture(static_cast<std::size_t>(side) * side);
    measure(state, [&] {
      std::vector<std::vector<float>> crops;
      for (int i = 0; i < stacks + encoder.stack() - 1; ++i)
        crops.push_back(encoder.standardised(pixels));
      const std::vector<std::span<const float>> views(crops.begin(), crops.end());
      return encoder.over_time(encoder.picture(views, stacks));
    });
  });
}

void active_speaker_audio(benchmark::State& state, const char* model) {
  run_or_skip(state, [&] {
    const auto network = open_active_speaker(weights(ModelRole::kActiveSpeaker, model));
    const auto tokens = state.range(0) * kTokensPerSecond;
    const auto mfcc = tensor::Tensor::filled({4 * tokens, 13}, 1.0F);
    measure(state, [&] { return network->encode_audio(mfcc); });
  });
}

void active_speaker_classifier(benchmark::State& state, const char* model) {
  run_or_skip(state, [&] {
    const auto network = open_active_speaker(weights(ModelRole::kActiveSpeaker, model));
    const auto tokens = tensor::Tensor::filled({state.range(0) * kTokensPerSecond, 128}, 0.5F);
    measure(state, [&] { return network->classify(tokens, tokens); });
  });
}

std::vector<float> tone(std::int64_t seconds) {
  std::vector<float> samples(static_cast<std::size_t>(seconds) * Mfcc::kSampleRateHz);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = 0.5F * std::sin(0.1F * static_cast<float>(i));
  return samples;
}

void mfcc(benchmark::State& state) {
  const Mfcc compute;
  const auto samples = tone(state.range(0));
  measure(state, [&] { return compute(samples); });
}

void speech_activity(benchmark::State& state) {
  run_or_skip(state, [&] {
    const SileroVad vad(weights(ModelRole::kSpeechActivity, "silero_vad"));
    const auto samples = tone(state.range(0));
    measure(state, [&] {
      SileroVad::State recording = vad.initial_state();
      return vad(samples, recording);
    });
  });
}

const auto kMs = benchmark::kMillisecond;
BENCHMARK_CAPTURE(face_detector, yunet, "yunet")->Args({320, 192})->Args({640, 384})->Unit(kMs);
BENCHMARK_CAPTURE(face_detector, attune_face, "attune-face")
    ->Args({320, 192})
    ->Args({640, 384})
    ->Unit(kMs);
BENCHMARK_CAPTURE(face_detector, yunet_s, "yunet-s")->Args({320, 192})->Args({640, 384})->Unit(kMs);
BENCHMARK(align_faces)->Arg(1)->Arg(4)->Arg(10)->Unit(kMs);
BENCHMARK_CAPTURE(active_speaker_faces, lr_asd, "lr_asd")->Arg(1)->Arg(4)->Arg(10)->Unit(kMs);
BENCHMARK_CAPTURE(active_speaker_faces, light_asd, "light_asd")->Arg(1)->Arg(4)->Unit(kMs);
BENCHMARK_CAPTURE(active_speaker_audio, lr_asd, "lr_asd")->Arg(10)->Unit(kMs);
BENCHMARK_CAPTURE(active_speaker_classifier, lr_asd, "lr_asd")->Arg(10)->Unit(kMs);
BENCHMARK_CAPTURE(active_speaker_classifier, light_asd, "light_asd")->Arg(10)->Unit(kMs);
BENCHMARK(mfcc)->Arg(10)->Unit(kMs);
BENCHMARK(speech_activity)->Arg(10)->Unit(kMs);

}  // namespace
}  // namespace attune::models

// As the program runs them.
int main(int argc, char** argv) {
  attune::keep_freed_memory();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
