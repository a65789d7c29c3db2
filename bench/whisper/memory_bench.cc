// Memory of a whole Whisper: this process's peak while as many windows of 30 s of noise are encoded
// as a captioner takes at once, and 40 tokens written for one; one measurement a process.
//
//   whisper_memory FILE [PRECISION]      PRECISION: auto, f32, bf16, int8
//
// Prints: precision, MB of the weights in it, MB of the peak, and the limit, 1.3 times the weights
// and 200 MB.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/freed_memory.h"
#include "models/whisper/arithmetic.h"
#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/log_mel.h"
#include "models/whisper_captioner.h"

namespace attune::bench {
namespace {

using namespace models::whisper;  // NOLINT: a program of its own

double bytes_of(tensor::Precision precision) {
  switch (precision) {
    case tensor::Precision::kFloat32:
      return 4;
    case tensor::Precision::kBFloat16:
      return 2;
    case tensor::Precision::kInt8:
      break;
  }
  return 1;
}

double weights_of(const Dimensions& d) {
  const double square = static_cast<double>(d.audio_width) * d.audio_width;
  return square * (12.0 * d.audio_layers + 16.0 * d.text_layers + 3) +
         static_cast<double>(d.audio_width) *
             (d.vocabulary + d.audio_context + d.text_context + 3.0 * d.mel_bands);
}

void run(const std::string& path, const std::string& name) {
  const tensor::Precision precision = arithmetic(name);
  const auto file = ModelFile::open(path);
  const Encoder encoder(*file, precision);
  const Decoder decoder(file, precision);
  std::vector<float> sound(kWindowSamples);
  for (std::size_t i = 0; i < sound.size(); ++i)
    sound[i] = static_cast<float>(i * 2654435761U >> 8 & 0xFFFF) * 1e-5F;
  const tensor::Tensor mel = LogMel(file->mel_filters())(sound);
  const Dimensions& d = file->dimensions();
  const auto count = static_cast<std::int64_t>(models::WhisperCaptioner::kStretchesAtOnce);
  tensor::Tensor mels({count, kWindowFrames, d.mel_bands});
  for (std::int64_t i = 0; i < count; ++i)
    std::copy_n(mel.data(), mel.size(), mels.rows(i, i + 1).data());
  const tensor::Tensor encoded = encoder(mels);
  const auto window = decoder.open(encoded.rows(0, 1).reshaped({d.audio_context, d.audio_width}));
  const auto state = window->start();
  TokenState* only = state.get();
  const Token token = 7;
  for (int i = 0; i < 40; ++i) window->step({&only, 1}, {&token, 1});

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double weights = weights_of(d) * bytes_of(precision) * 1e-6;
  std::printf("%s %.0f %.0f %.0f\n", name.c_str(), weights,
              static_cast<double>(usage.ru_maxrss) * 1024e-6, 1.3 * weights + 200);
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: whisper_memory FILE [auto|f32|bf16|int8]\n");
    return 2;
  }
  attune::keep_freed_memory();
  try {
    attune::bench::run(argv[1], argc == 3 ? argv[2] : "auto");
  } catch (const attune::Error& error) {
    std::fprintf(stderr, "whisper_memory: %s\n", error.what());
    return exit_code(error.kind());
  }
  return 0;
}
