#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace attune::attention {

/// Memory for intermediate results, kept from call to call: it grows to the largest need and then
/// no call allocates. Pieces are aligned to 64 bytes and hold anything at first. Not thread-safe.
class Scratch {
 public:
  /// Of the calling thread, for what a call of the engine shares between its tasks.
  static Scratch& of_call();
  /// Of the calling thread, for one task. A thread runs one at a time.
  static Scratch& of_task();

  /// Takes back all pieces given out, and makes room for `bytes` in pieces of `pieces` requests.
  void reset(std::size_t bytes, std::size_t pieces);

  /// The next `count` elements. What reset() made room for must hold them.
  template <class T>
  std::span<T> take(std::size_t count) {
    return {static_cast<T*>(take_bytes(count * sizeof(T))), count};
  }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };

  void* take_bytes(std::size_t bytes);

  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
};

}  // namespace attune::attention
