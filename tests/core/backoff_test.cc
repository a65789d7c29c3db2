#include "core/backoff.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DelaysDoubleWithinTheirJitterUpToTheLongest) {
  Backoff backoff(milliseconds(100), milliseconds(1000), 1);
  for (const int whole : {100, 200, 400, 800, 1000, 1000}) {
    const Duration delay = backoff.next();
    EXPECT_GE(delay, milliseconds(whole / 2));
    EXPECT_LE(delay, milliseconds(whole));
  }
}

TEST(Backoff, BeginsShortAgainAfterASuccess) {
  Backoff backoff(milliseconds(100), milliseconds(1000), 1);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), milliseconds(100));
}

TEST(Backoff, SeedsDiffer) {
  Backoff a(milliseconds(1000), milliseconds(1000), 1);
  Backoff b(milliseconds(1000), milliseconds(1000), 2);
  EXPECT_NE(a.next(), b.next());
}

}  // namespace
}  // namespace attune
