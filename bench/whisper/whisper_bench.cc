// Time of Whisper's networks on random models of true size (time does not depend on the values):
// the encoder per window of 30 s, alone and in a batch of 4, beside the best that oneDNN's matrix
// product does at its shapes just before and after; the decoder per token, with 60 tokens behind
// it, alone and as a beam of 5.
//
//   whisper_bench [--benchmark_filter=encoder/base/]
//
// Names: encoder/MODEL/PRECISION/THREADS/windows:N, decoder/MODEL/PRECISION/THREADS/beam:N.

#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/freed_memory.h"
#include "matmul_peak.h"
#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/log_mel.h"
#include "random_model.h"
#include "tensor/processor.h"

namespace attune::bench {
namespace {

using models::whisper::Decoder;
using models::whisper::Dimensions;
using models::whisper::Encoder;
using models::whisper::ModelFile;
using models::whisper::Token;
using models::whisper::TokenState;
using tensor::Precision;
using tensor::Tensor;

/// The folder goes with the program.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "whisper_bench_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::shared_ptr<const ModelFile> model(const std::string& name) {
    const auto file = path_ / (name + ".bin");
    if (!std::filesystem::exists(file)) write_random_model(name, file);
    return ModelFile::open(file);
  }

 private:
  std::filesystem::path path_;
};

TemporaryFolder& folder() {
  static TemporaryFolder instance;
  return instance;
}

Tensor noise(tensor::Shape shape) {
  Tensor result(std::move(shape));
  std::uint32_t state = 1;
  for (float& value : result.values()) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 8) * 0x1p-23F - 1;
  }
  return result;
}

/// Floating-point operations for one window.
struct EncoderWork {
  double layers = 0;
  /// What int8 leaves in bfloat16: convolutions and attention.
  double rest = 0;

  explicit EncoderWork(const Dimensions& d) {
    const double width = d.audio_width;
    const double length = d.audio_context;
    layers = 2 * d.audio_layers * length * 12 * width * width;
    rest = 2 * (2 * length * 3 * d.mel_bands * width + length * 3 * width * width +
                d.audio_layers * 2 * length * length * width);
  }
};

/// Best rates of oneDNN's product at the encoder's shapes, in GF/s.
struct Peaks {
  double layers = 0;
  double rest = 0;

  void measure(std::int64_t width, Precision precision, int threads) {
    layers = std::max(layers, matmul_peak_gflops(width, precision, threads));
    const bool mixed = precision == Precision::kInt8 && tensor::has_bfloat16();
    rest =
        mixed ? std::max(rest, matmul_peak_gflops(width, Precision::kBFloat16, threads)) : layers;
  }
};

double seconds_of(auto&& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void encode(benchmark::State& state, const std::string& model, Precision precision, int threads,
            int windows) {
  const auto file = folder().model(model);
  const Encoder encoder(*file, precision);
  const Tensor mel = noise({windows, models::whisper::kWindowFrames, file->dimensions().mel_bands});
  tbb::task_arena arena(threads);
  Peaks peaks;
  peaks.measure(file->dimensions().audio_width, precision, threads);
  double best = HUGE_VAL;
  arena.execute([&] {
    encoder(mel);
    for (auto _ : state) {
      const double seconds = seconds_of([&] { benchmark::DoNotOptimize(encoder(mel)); }) / windows;
      state.SetIterationTime(seconds);
      best = std::min(best, seconds);
    }
  });
  peaks.measure(file->dimensions().audio_width, precision, threads);
  const EncoderWork work(file->dimensions());
  const double gflops = (work.layers + work.rest) / best * 1e-9;
  state.counters["best_ms"] = best * 1e3;
  state.counters["GF/s"] = gflops;
  state.counters["matmul_GF/s"] = peaks.layers;
  state.counters["share"] = gflops / peaks.layers;
  // The same with each part held against the rate of the arithmetic that it is done in.
  const double ideal = (work.layers / peaks.layers + work.rest / peaks.rest) * 1e-9;
  state.counters["share_by_part"] = ideal / best;
}

void decode(benchmark::State& state, const std::string& model, Precision precision, int threads,
            int hypotheses) {
  constexpr int kTextBefore = 60;
  constexpr int kTokens = 16;
  const auto file = folder().model(model);
  const Decoder decoder(file, precision);
  const Dimensions& d = file->dimensions();
  tbb::task_arena arena(threads);
  double best = HUGE_VAL;
  arena.execute([&] {
    const auto window = decoder.open(noise({d.audio_context, d.audio_width}));
    const auto before = window->start();
    TokenState* first = before.get();
    window->step({&first, 1}, std::vector<Token>(kTextBefore, 5));
    const std::vector<Token> tokens(hypotheses, 7);
    const auto write = [&] {
      std::vector<std::unique_ptr<TokenState>> owners;
      std::vector<TokenState*> states;
      for (int i = 0; i < hypotheses; ++i) {
        owners.push_back(before->fork());
        states.push_back(owners.back().get());
      }
      for (int i = 0; i < kTokens; ++i) benchmark::DoNotOptimize(window->step(states, tokens));
    };
    write();
    for (auto _ : state) {
      const double seconds = seconds_of(write) / kTokens;
      state.SetIterationTime(seconds);
      best = std::min(best, seconds);
    }
  });
  state.counters["best_ms"] = best * 1e3;
}

void register_all() {
  const std::map<std::string, Precision> precisions{
      {"f32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}, {"int8", Precision::kInt8}};
  for (const char* model : {"tiny", "base", "small"})
    for (const auto& [name, precision] : precisions) {
      if (precision == Precision::kBFloat16 && !tensor::has_bfloat16()) continue;
      for (const int threads : {1, 2}) {
        const std::string key = std::string(model) + "/" + name + "/" + std::to_string(threads);
        const auto set_up = [](benchmark::internal::Benchmark* made) {
          made->UseManualTime()->Unit(benchmark::kMillisecond);
        };
        for (const int windows : {1, 4})
          set_up(benchmark::RegisterBenchmark(
              ("encoder/" + key + "/windows:" + std::to_string(windows)).c_str(),
              [=](benchmark::State& state) { encode(state, model, precision, threads, windows); }));
        for (const int hypotheses : {1, 5})
          set_up(benchmark::RegisterBenchmark(
              ("decoder/" + key + "/beam:" + std::to_string(hypotheses)).c_str(),
              [=](benchmark::State& state) {
                decode(state, model, precision, threads, hypotheses);
              }));
      }
    }
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  attune::keep_freed_memory();
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 2);
  attune::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
