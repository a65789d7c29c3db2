// Time of cross-attention, beside oneDNN's plain chain, oneDNN's matrix products at the block
// shapes and, where libtorch is installed, PyTorch: all in one process, so that Google Benchmark
// can interleave them (--benchmark_enable_random_interleaving). bench/attention/run makes the
// tables.

#include <benchmark/benchmark.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <functional>
#include <string>

#include "attention/cross_attention.h"
#include "inputs.h"
#include "onednn_peer.h"
#include "tensor/processor.h"
#ifdef ATTUNE_BENCH_TORCH
#include "torch_peer.h"
#endif
#ifdef ATTUNE_BENCH_GRAPH
#include "graph_peer.h"
#endif

namespace attune::bench {
namespace {

using attention::cross_attention;
using attention::CrossAttentionOptions;

/// Makes the thing to be timed when the benchmark begins, and times its calls; the first is left
/// out, but PyTorch's of half a minute.
template <class Make>
void add(const std::string& name, double flops, Make make) {
  const bool warm = flops < 1e11 || !name.starts_with("torch");
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 const auto run = make();
                                 if (warm) run();
                                 for (auto _ : state) run();
                                 state.counters["GF/s"] = benchmark::Counter(
                                     flops * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
                               })
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime()
      ->ComputeStatistics(
          "min", [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); })
      ->ComputeStatistics("max", [](const std::vector<double>& v) {
        return *std::max_element(v.begin(), v.end());
      });
}

std::string key_of(const Shape& s, const char* precision, int threads) {
  return std::string(precision) + "/d" + std::to_string(s.width) + "/" + std::to_string(s.queries) +
         "x" + std::to_string(s.keys) + "/t" + std::to_string(threads);
}

template <class T>
void add_attune(const std::string& kernel, const Shape& s, int threads,
                const CrossAttentionOptions& options, double flops) {
  const char* precision = std::is_same_v<T, float> ? "f32" : "bf16";
  add(kernel + "/" + key_of(s, precision, threads), flops, [=] {
    auto inputs = std::make_shared<Inputs<T>>(s);
    auto arena = std::make_shared<tbb::task_arena>(threads);
    return [=] {
      arena->execute([&] {
        cross_attention(inputs->query(), inputs->key(), inputs->value(), inputs->output(), options);
      });
    };
  });
}

void add_chain(const Shape& s, OneDnnMatmul::Type type, int threads) {
  const char* precision = type == OneDnnMatmul::Type::kFloat32 ? "f32" : "bf16";
  add("chain/" + key_of(s, precision, threads), s.flops(), [=] {
    auto chain = std::make_shared<OneDnnChain>(s, type, threads);
    return [=] { chain->run(); };
  });
}

/// The products of a block of 128 queries and 512 keys.
void add_block_products(std::int64_t width, OneDnnMatmul::Type type) {
  const char* precision = type == OneDnnMatmul::Type::kFloat32 ? "f32" : "bf16";
  const auto add_product = [&](const std::string& which, std::int64_t m, std::int64_t n,
                               std::int64_t k) {
    add("matmul/" + std::string(precision) + "/d" + std::to_string(width) + "/" + which,
        2.0 * static_cast<double>(m * n * k), [=] {
          auto product = std::make_shared<OneDnnMatmul>(m, n, k, type);
          return [=] { product->run(); };
        });
  };
  add_product("QK", 128, 512, width);
  add_product("PV", 128, width, 512);
}

void add_all() {
  const bool bfloat16 = tensor::has_bfloat16();
  for (const std::int64_t width : {32, 64}) {
    add_block_products(width, OneDnnMatmul::Type::kFloat32);
    if (bfloat16) add_block_products(width, OneDnnMatmul::Type::kBFloat16);
    for (const std::int64_t length : {250, 1000, 2000, 4000, 8000, 16000}) {
      const Shape s{.queries = length, .keys = length, .width = width};
      for (const int threads : {1, 2}) {
        if (threads == 2 && (length < 1000 || length > 8000)) continue;
        add_attune<float>("tiled", s, threads, {}, s.flops());
        if (bfloat16) add_attune<BFloat16>("tiled", s, threads, {}, s.flops());
      }
      add_chain(s, OneDnnMatmul::Type::kFloat32, 1);
      if (bfloat16) add_chain(s, OneDnnMatmul::Type::kBFloat16, 1);
#ifdef ATTUNE_BENCH_GRAPH
      if (onednn_graph_attention({.queries = 8, .keys = 8, .width = width}))
        add("graph/" + key_of(s, "f32", 1), s.flops(), [=] { return onednn_graph_attention(s); });
#endif
      if (length <= 4000)
        add_attune<float>("exact", s, 1, {.kernel = attention::Kernel::kExact}, s.flops());
#ifdef ATTUNE_BENCH_TORCH
      // Half a minute a call at 16,000.
      for (const bool fused : {false, true})
        if (length <= 8000 || (width == 32 && !fused))
          add(std::string(fused ? "torch_fused/" : "torch/") + key_of(s, "f32", 1), s.flops(),
              [=] { return torch_attention(s, fused); });
#endif
    }
    for (const std::int64_t keys : {25, 50, 75, 125, 250, 375}) {
      const Shape s{.queries = 125, .keys = keys, .width = width};
      add_attune<float>("tiled", s, 1, {}, s.flops());
      if (bfloat16) add_attune<BFloat16>("tiled", s, 1, {}, s.flops());
      add_chain(s, OneDnnMatmul::Type::kFloat32, 1);
      if (bfloat16) add_chain(s, OneDnnMatmul::Type::kBFloat16, 1);
#ifdef ATTUNE_BENCH_TORCH
      add("torch/" + key_of(s, "f32", 1), s.flops(), [=] { return torch_attention(s, false); });
#endif
    }
  }
  // An hour is 90,000 tokens; two seconds are 50.
  for (const std::int64_t length : {9000, 90000}) {
    for (const std::int64_t reach : {25, 50, 100, 250}) {
      for (const std::int64_t heads : {1, 4}) {
        const Shape s{.heads = heads, .queries = length, .keys = length, .width = 32};
        CrossAttentionOptions options;
        options.window = attention::KeyWindow{.before = reach, .after = reach};
        const double flops = s.flops() / static_cast<double>(length) * (2.0 * reach + 1);
        add_attune<float>("window" + std::to_string(reach) + "/h" + std::to_string(heads), s, 1,
                          options, flops);
        options.compression.stride = 25;
        if (reach == 50 && length == 9000)
          add_attune<float>("compressed25/h" + std::to_string(heads), s, 1, options, flops);
      }
    }
  }
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  attune::bench::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
