// What a caller relies on besides the numbers: no allocation, the same bits whatever the threads
// and neighbours, the processor's modes left alone.

#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>

#include "attention/cross_attention.h"
#include "attention/task_loop.h"
#include "attention/windowed_stream.h"
#include "problem.h"

namespace {

std::atomic<std::int64_t> allocations{0};

void* counted(std::size_t bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Not inlined: GCC then takes free() for the wrong partner of new.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return counted(bytes, 16);
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace attune::attention {
namespace {

Problem large_problem(std::mt19937& random) {
  Problem p{
      .batch = 2, .heads = 3, .queries = 700, .keys = 650, .key_width = 32, .value_width = 24};
  p.fill(random);
  return p;
}

/// Allocations of the third call like the first two.
template <class Call>
std::int64_t steady_allocations(Call&& call) {
  call();
  call();
  const std::int64_t before = allocations;
  call();
  return allocations - before;
}

TEST(SteadyState, AllocatesNothing) {
  std::mt19937 random(1);
  Problem p = large_problem(random);
  p.run_output();
  Numbers offsets(2 * 3 * 21), table(3 * 1400, 0.1F);
  const HeadsView<const float> query = p.query(), key = p.key(), value = p.value();
  const auto q16 = Problem::rounded(p.q), k16 = Problem::rounded(p.k), v16 = Problem::rounded(p.v);
  const auto view16 = [&](const auto& numbers, std::int64_t length, std::int64_t width) {
    return HeadsView<const tensor::BFloat16>::head_major(numbers.data(), 2, 3, length, width);
  };
  const auto to = HeadsView<float>::head_major(p.output.data(), 2, 3, 700, 24);
  tbb::task_arena one_thread(1);
  one_thread.execute([&] {
    EXPECT_EQ(steady_allocations([&] { cross_attention(query, key, value, to); }), 0) << "tiled";
    CrossAttentionOptions options;
    options.relative_bias = {table, -699};
    options.window = KeyWindow{.before = 30, .after = 10};
    const AttentionReadout readout{
        .offset_sums = HeadsView<float>::head_major(offsets.data(), 2, 3, 1, 21),
        .first_offset = -10};
    EXPECT_EQ(steady_allocations([&] { cross_attention(query, key, value, to, options, readout); }),
              0)
        << "windowed";
    options.relative_bias = {};
    options.compression.stride = 16;
    EXPECT_EQ(steady_allocations([&] { cross_attention(query, key, value, to, options); }), 0)
        << "compressed";
    EXPECT_EQ(steady_allocations([&] {
                cross_attention(view16(q16, 700, 32), view16(k16, 650, 32), view16(v16, 650, 24),
                                to);
              }),
              0)
        << "bfloat16";
  });
}

TEST(SteadyState, StreamsAllocateNothing) {
  std::mt19937 random(2);
  Problem p{.heads = 2, .queries = 5, .keys = 5, .key_width = 16, .value_width = 16};
  p.fill(random);
  p.run_output();
  const auto to = HeadsView<float>::head_major(p.output.data(), 1, 2, 5, 16);
  WindowedStream stream(
      {.heads = 2, .key_width = 16, .value_width = 16, .before = 20, .after = 10, .ahead = 10});
  std::int64_t pushed = 0, asked = 0;
  const auto step = [&] {
    while (pushed < asked + 15) {
      stream.push(1, pushed, p.key(), p.value());
      pushed += 5;
    }
    stream.attend(asked, p.query(), to);
    asked += 5;
  };
  for (int i = 0; i < 20; ++i) step();
  EXPECT_EQ(steady_allocations(step), 0);
}

TEST(SteadyState, TheNumberOfThreadsChangesNoBit) {
  std::mt19937 random(3);
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled, Kernel::kWindowed}) {
    Problem p = large_problem(random);
    p.options.kernel = kernel;
    if (kernel == Kernel::kWindowed) p.options.window = KeyWindow{.before = 90, .after = 20};
    Numbers first_output, first_weights;
    for (const int threads : {1, 2, 3, 8}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      tbb::task_arena arena(threads);
      arena.execute([&] { p.run(); });
      if (first_output.empty()) {
        first_output = p.output;
        first_weights = p.weights;
      }
      EXPECT_EQ(p.output, first_output) << name(kernel) << " on " << threads << " threads";
      EXPECT_EQ(p.weights, first_weights) << name(kernel) << " on " << threads << " threads";
    }
  }
}

TEST(SteadyState, CallsInsideTasksDoNotDisturbEachOther) {
  std::mt19937 random(4);
  Problem p = large_problem(random);
  p.run_output();
  tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 4);
  tbb::task_arena arena(4);
  std::atomic<int> different{0};
  arena.execute([&] {
    for_each_task(24, 1e9, [&](std::int64_t) {
      Problem own = p;
      own.run_output();
      if (own.output != p.output) ++different;
    });
  });
  EXPECT_EQ(different, 0);
}

TEST(SteadyState, ARowDoesNotDependOnTheOtherQueries) {
  std::mt19937 random(5);
  Problem p{.heads = 1, .queries = 211, .keys = 300, .key_width = 16, .value_width = 8};
  p.fill(random);
  p.run_output();
  for (const std::int64_t alone : {0, 47, 48, 100, 210}) {
    Problem one = p;
    one.queries = 1;
    one.q.assign(p.q.begin() + alone * 16, p.q.begin() + (alone + 1) * 16);
    one.run_output();
    for (std::int64_t c = 0; c < 8; ++c)
      EXPECT_EQ(one.output[c], p.output[alone * 8 + c]) << "query " << alone;
  }
}

TEST(SteadyState, FarWeightsAreZeroRatherThanDenormal) {
  std::mt19937 random(6);
  Problem p{.queries = 40, .keys = 400, .key_width = 8, .value_width = 4};
  p.fill(random);
  p.options.scale = 30.0F;
  p.run();
  std::int64_t zeros = 0;
  for (const float weight : p.weights) {
    EXPECT_TRUE(weight == 0 || weight >= std::numeric_limits<float>::min());
    zeros += weight == 0;
  }
  EXPECT_GT(zeros, 1000);
  // The caller's own arithmetic still has denormal numbers.
  volatile float smallest = std::numeric_limits<float>::min();
  EXPECT_GT(smallest / 2, 0.0F);
}

}  // namespace
}  // namespace attune::attention
