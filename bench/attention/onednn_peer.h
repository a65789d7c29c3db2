#pragma once

#include <cstdint>
#include <memory>

#include "inputs.h"

namespace attune::bench {

/// One oneDNN matrix product [batch, m, k] x [batch, k, n] on memory of its own, one thread.
class OneDnnMatmul {
 public:
  enum class Type { kFloat32, kBFloat16 };

  OneDnnMatmul(std::int64_t m, std::int64_t n, std::int64_t k, Type type);
  ~OneDnnMatmul();
  void run();
  double flops() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The plain chain: a batched product, a softmax and a batched product, with the whole score matrix
/// in memory allocated beforehand; primitives and memory objects are made once.
class OneDnnChain {
 public:
  OneDnnChain(const Shape& shape, OneDnnMatmul::Type type, int threads);
  ~OneDnnChain();
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attune::bench
