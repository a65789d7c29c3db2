#include <gtest/gtest.h>
#include <omp.h>

#include <thread>
#include <vector>

#include "reference.h"
#include "tensor/conv.h"
#include "tensor/matmul.h"
#include "tensor/recurrent.h"
#include "tensor/softmax.h"

namespace attune::tensor {
namespace {

TEST(Threads, ManyThreadsShareOneOperationAndGetTheSameBytes) {
  // Made here, run elsewhere: what breaks when scratch memory belongs to the primitive.
  const Conv conv(reference::random({32, 16, 3, 3}, 1), {},
                  {.padding = {1, 1}, .activation = Activation::kRelu});
  const RecurrentWeights w{reference::random({96, 32}, 2), reference::random({96, 32}, 3),
                           reference::random({96}, 4), reference::random({96}, 5)};
  const Gru gru(w, Direction::kForward);
  const Matmul matmul;
  const auto run = [&](unsigned seed) {
    const Tensor picture = reference::random({3 + seed % 5, 8, 8, 16}, seed);
    const Tensor tokens = conv(picture).reshaped({-1, 32});
    const Tensor states = gru(tokens);
    Tensor scores = matmul(states, ConstView(tokens).transposed());
    softmax(scores);
    return scores;
  };
  constexpr unsigned kJobs = 24;
  std::vector<Tensor> expected;
  for (unsigned job = 0; job < kJobs; ++job) expected.push_back(run(job));
  std::vector<Tensor> actual(kJobs);
  std::vector<std::thread> threads;
  for (unsigned first = 0; first < 4; ++first)
    threads.emplace_back([&, first] {
      for (unsigned job = first; job < kJobs; job += 4) actual[job] = run(job);
    });
  for (auto& thread : threads) thread.join();
  for (unsigned job = 0; job < kJobs; ++job) reference::expect_near(actual[job], expected[job], 0);
}

TEST(Threads, TheCallersOpenMpSettingIsLeftAlone) {
  omp_set_num_threads(3);
  const Conv conv(reference::random({4, 4, 1, 1}, 1), {});
  conv(reference::random({1, 2, 2, 4}, 2));
  EXPECT_EQ(omp_get_max_threads(), 3);
}

}  // namespace
}  // namespace attune::tensor
