#include "matmul_peak.h"

#include <omp.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstring>
#include <dnnl.hpp>
#include <thread>
#include <unordered_map>
#include <vector>

namespace attune::bench {
namespace {

using dnnl::memory;
using tensor::Precision;

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

memory::data_type type_of(Precision precision) {
  switch (precision) {
    case Precision::kBFloat16:
      return memory::data_type::bf16;
    case Precision::kInt8:
      return memory::data_type::s8;
    case Precision::kFloat32:
      break;
  }
  return memory::data_type::f32;
}

dnnl::matmul::primitive_desc describe(const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), a, b, c};
#else
  return {dnnl::matmul::desc(a, b, c), engine()};
#endif
}

memory zeros(const memory::desc& desc) {
  memory result(desc, engine());
  std::memset(result.get_data_handle(), 0, desc.get_size());
  return result;
}

class Product {
 public:
  Product(std::int64_t m, std::int64_t k, std::int64_t n, Precision precision)
      : flops_(2.0 * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n)) {
    const auto type = type_of(precision);
    const auto how =
        describe({{m, k}, type, memory::format_tag::ab}, {{k, n}, type, memory::format_tag::any},
                 {{m, n}, memory::data_type::f32, memory::format_tag::ab});
    matmul_ = dnnl::matmul(how);
    arguments_ = {{DNNL_ARG_SRC, zeros(how.src_desc())},
                  {DNNL_ARG_WEIGHTS, zeros(how.weights_desc())},
                  {DNNL_ARG_DST, zeros(how.dst_desc())}};
  }

  void run() {
    matmul_.execute(stream_, arguments_);
    stream_.wait();
  }
  double flops() const { return flops_; }

 private:
  double flops_;
  dnnl::stream stream_{engine()};
  dnnl::matmul matmul_;
  std::unordered_map<int, memory> arguments_;
};

double best_gflops(std::int64_t m, std::int64_t k, std::int64_t n, Precision precision,
                   int threads) {
  constexpr int kTries = 5;
  constexpr double kFlopsOfATry = 2e9;
  std::vector<double> best(threads, 0);
  std::barrier together(threads);
  const auto work = [&](int thread) {
    omp_set_num_threads(1);
    Product product(m, k, n, precision);
    const int runs = std::max(1, static_cast<int>(kFlopsOfATry / product.flops()));
    product.run();
    for (int i = 0; i < kTries; ++i) {
      together.arrive_and_wait();
      const auto begin = std::chrono::steady_clock::now();
      for (int run = 0; run < runs; ++run) product.run();
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      best[thread] = std::max(best[thread], runs * product.flops() / time.count() * 1e-9);
    }
  };
  {
    std::vector<std::jthread> pool;
    for (int thread = 0; thread < threads; ++thread) pool.emplace_back(work, thread);
  }
  double sum = 0;
  for (const double gflops : best) sum += gflops;
  return sum;
}

}  // namespace

double matmul_peak_gflops(std::int64_t width, Precision precision, int threads) {
  double best = 0;
  for (const std::int64_t rows : {125, 250, 500, 1500}) {
    best = std::max(best, best_gflops(rows, width, 4 * width, precision, threads));
    best = std::max(best, best_gflops(rows, 4 * width, width, precision, threads));
  }
  return best;
}

}  // namespace attune::bench
