#pragma once

// Inside src/tensor only: everything that differs between oneDNN 2.x and 3.x, threads, scratch
// memory and errors.

#include <dnnl.hpp>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace attune::tensor::onednn {

using Descriptor = dnnl::memory::desc;
using Arguments = std::unordered_map<int, dnnl::memory>;
using Type = dnnl::memory::data_type;

/// The process's CPU engine.
const dnnl::engine& engine();

/// Row-major.
Descriptor dense(const Shape& shape, Type type = Type::f32);
Descriptor strided(const Shape& shape, const Shape& strides, Type type = Type::f32);
/// In whatever layout the primitive likes best.
Descriptor any(const Shape& shape, Type type = Type::f32);
/// oneDNN's logical [N, C, H, W] over a channels-last tensor [N, H, W, C].
Descriptor channels_last(const Shape& nhwc);

/// A oneDNN memory object over elements that stay the caller's.
dnnl::memory wrap(const Descriptor& descriptor, const void* data);

/// A compiled primitive and what it needs to run.
struct Kernel {
  dnnl::primitive primitive;
  Descriptor scratchpad;
  /// Layouts the primitive chose: weights, and for recurrent networks those of the state too.
  Descriptor weights;
  Descriptor weights_iter;
};

/// Runs on the calling thread alone, with that thread's scratch memory. Reentrant.
/// Throws Error(kInternal) with oneDNN's message on failure.
void execute(const Kernel& kernel, Arguments arguments);

/// Copies elements from one layout to another.
dnnl::memory reordered(const Descriptor& from, const void* data, const Descriptor& to);
/// The same as a kernel, for copies that repeat; rounds where the types differ.
Kernel reorder(const Descriptor& from, const Descriptor& to);

Kernel convolution(const Descriptor& source, const Descriptor& weights, const Descriptor& bias,
                   const Descriptor& destination, const Shape& stride, const Shape& padding,
                   Activation activation, Accumulate accumulate);

enum class PoolKind { kMax, kAverage };
Kernel pooling(PoolKind kind, const Descriptor& source, const Descriptor& destination,
               const Shape& kernel, const Shape& stride, const Shape& padding);

/// `bias` may be empty (Descriptor()). The product is multiplied by `scale` first.
Kernel matmul(const Descriptor& source, const Descriptor& weights, const Descriptor& bias,
              const Descriptor& destination, float scale, Activation activation,
              Accumulate accumulate);

/// Product of 8-bit integers as float32, column n multiplied by element n of kColumnFactors, a
/// float32 [1, columns].
Kernel integer_matmul(const Descriptor& source, const Descriptor& weights,
                      const Descriptor& destination);
inline constexpr int kColumnFactors = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;

Kernel softmax(const Descriptor& data, int axis);
Kernel eltwise(const Descriptor& data, Activation activation);

struct RecurrentShape {
  std::int64_t length;
  std::int64_t inputs;
  std::int64_t hidden;
  bool backward;
};
/// Linear-before-reset GRU; weights in the layout it likes best.
Kernel gru(const RecurrentShape& shape);
Kernel lstm(const RecurrentShape& shape);

}  // namespace attune::tensor::onednn
