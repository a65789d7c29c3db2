#include "core/freed_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

namespace attune {
namespace {

long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(FreedMemory, ServesTheNextAllocationWithoutTheSystem) {
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the allocator is not glibc's";
#endif
  keep_freed_memory();
  constexpr std::size_t kBytes = 20 << 20;
  long before = 0;
  for (int round = 0; round < 5; ++round) {
    if (round == 1) before = page_faults();
    const std::vector<char> block(kBytes, 1);
    EXPECT_EQ(block[kBytes / 2], 1);
  }
  EXPECT_LT(page_faults() - before, 1000);  // one round alone touches 5,120 pages
}

}  // namespace
}  // namespace attune
