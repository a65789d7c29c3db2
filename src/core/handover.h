#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace attune {

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

}  // namespace attune
