// Memory of one cross-attention: the growth of this process's peak over what its inputs and output
// take, one measurement a process.
//
//   attention_memory KERNEL LENGTH [WIDTH [THREADS]]
//   KERNEL: tiled, tiled_bf16, windowed (50 tokens on both sides), chain (oneDNN, the whole matrix)
//
// Prints: kernel, length, width, MiB beside inputs and output, seconds.

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "attention/cross_attention.h"
#include "inputs.h"
#include "onednn_peer.h"

namespace attune::bench {
namespace {

/// Highest memory in use so far, in MiB, from /proc.
double peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

struct Measured {
  double mib;
  double seconds;
};

template <class Call>
Measured measure(Call&& call) {
  const double before = peak_mib();
  const auto start = std::chrono::steady_clock::now();
  call();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return {peak_mib() - before, time.count()};
}

template <class T>
Measured measure_attune(const Shape& shape, const attention::CrossAttentionOptions& options) {
  Inputs<T> inputs(shape);
  return measure([&] {
    attention::cross_attention(inputs.query(), inputs.key(), inputs.value(), inputs.output(),
                               options);
  });
}

Measured measure_kernel(const std::string& kernel, const Shape& shape) {
  if (kernel == "tiled") return measure_attune<float>(shape, {});
  if (kernel == "tiled_bf16") return measure_attune<BFloat16>(shape, {});
  if (kernel == "windowed")
    return measure_attune<float>(shape,
                                 {.window = attention::KeyWindow{.before = 50, .after = 50}});
  if (kernel == "chain") {
    // Its constructor makes inputs and matrix; the inputs are subtracted.
    Measured result = measure([&] {
      OneDnnChain chain(shape, OneDnnMatmul::Type::kFloat32, 1);
      chain.run();
    });
    result.mib -=
        4.0 * static_cast<double>(shape.heads * shape.queries * shape.width) * 4 / 1048576;
    return result;
  }
  std::fprintf(stderr, "attention_memory: unknown kernel '%s'\n", kernel.c_str());
  std::exit(2);
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: attention_memory KERNEL LENGTH [WIDTH [THREADS]]\n");
    return 2;
  }
  const std::int64_t length = std::atoll(argv[2]);
  const std::int64_t width = argc > 3 ? std::atoll(argv[3]) : 32;
  const int threads = argc > 4 ? std::atoi(argv[4]) : 1;
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  const auto measured =
      attune::bench::measure_kernel(argv[1], {.queries = length, .keys = length, .width = width});
  std::printf("%s %lld %lld %.1f %.3f\n", argv[1], static_cast<long long>(length),
              static_cast<long long>(width), measured.mib, measured.seconds);
}
