#pragma once

#include <utility>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace attune::pipeline {

/// Tells ThreadSanitizer what oneTBB guarantees: what was written before hand_over(p) is seen after
/// take_over(p). oneTBB passes tasks between threads inside its shared library, which distributions
/// build without the sanitizer. Without the sanitizer these do nothing.
inline void hand_over([[maybe_unused]] void* address) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(address);
#endif
}

inline void take_over([[maybe_unused]] void* address) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(address);
#endif
}

/// A value on its way through the flow graph; take() reads it in the task that received it.
template <class T>
class Handed {
 public:
  Handed() = default;
  explicit Handed(T value) : value_(std::move(value)) { hand_over(this); }
  Handed(const Handed& other) : value_(other.value_) { hand_over(this); }
  Handed& operator=(const Handed& other) {
    value_ = other.value_;
    hand_over(this);
    return *this;
  }
  ~Handed() = default;

  const T& take() const {
    take_over(const_cast<Handed*>(this));
    return value_;
  }

 private:
  T value_;
};

}  // namespace attune::pipeline
