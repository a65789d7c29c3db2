#pragma once

// Inside src/tensor only.

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "tensor/onednn.h"

namespace attune::tensor::onednn {

/// A kernel with the weights in the layout it chose.
struct PreparedKernel {
  Kernel kernel;
  dnnl::memory weights;
  dnnl::memory weights_iter;
};

/// Kernels of one operation, one for each shape it has met; the least recently used goes when more
/// than `capacity` are held, because lengths vary freely and each holds its own machine code.
/// Thread-safe.
class KernelCache {
 public:
  explicit KernelCache(std::size_t capacity = 32) : capacity_(capacity) {}

  /// `make` is called under the lock, at most once for each missing key.
  template <class Make>
  std::shared_ptr<const PreparedKernel> find_or_make(const Shape& key, Make&& make) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      found->second.used = ++clock_;
      return found->second.kernel;
    }
    if (entries_.size() >= capacity_) evict();
    auto kernel = std::make_shared<const PreparedKernel>(make());
    entries_[key] = {kernel, ++clock_};
    return kernel;
  }

 private:
  struct Entry {
    std::shared_ptr<const PreparedKernel> kernel;
    std::uint64_t used = 0;
  };

  void evict() {
    auto oldest = entries_.begin();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
      if (entry->second.used < oldest->second.used) oldest = entry;
    entries_.erase(oldest);
  }

  std::size_t capacity_;
  std::mutex mutex_;
  std::map<Shape, Entry> entries_;
  std::uint64_t clock_ = 0;
};

/// One weight tensor in every layout that was asked for. Not thread-safe: used under the lock of
/// the KernelCache.
class PackedWeights {
 public:
  PackedWeights() = default;
  /// `plain` describes the elements of `values` in oneDNN's logical order.
  PackedWeights(Descriptor plain, Tensor values)
      : plain_(std::move(plain)), values_(std::move(values)) {}

  const dnnl::memory& in(const Descriptor& layout) {
    for (const auto& packed : packed_)
      if (packed.get_desc() == layout) return packed;
    return packed_.emplace_back(reordered(plain_, values_.data(), layout));
  }

 private:
  Descriptor plain_;
  Tensor values_;
  std::vector<dnnl::memory> packed_;
};

/// Calls f(begin, count) over [0, total) in pieces of powers of two, the largest first and none
/// above `largest`: any length then needs no more than log2(largest) + 1 kernels.
template <class F>
void for_each_piece(std::int64_t total, std::int64_t largest, F&& f) {
  std::int64_t begin = 0;
  for (std::int64_t piece = largest; begin < total;) {
    if (piece > total - begin) {
      piece /= 2;
      continue;
    }
    f(begin, piece);
    begin += piece;
  }
}

}  // namespace attune::tensor::onednn
