#include "live/lateness.h"

#include <gtest/gtest.h>

namespace attune::live {
namespace {

using std::chrono::seconds;

struct LatenessTest : testing::Test {
  void result(int second, bool is_late) { lateness.add(Timestamp(seconds(second)), is_late); }
  Lateness lateness{seconds(10)};
};

TEST_F(LatenessTest, IsToldOnceAtTheFirstLateResult) {
  result(1, false);
  EXPECT_EQ(lateness.news(), std::nullopt);
  result(2, true);
  EXPECT_EQ(lateness.news(), true);
  result(3, true);
  EXPECT_EQ(lateness.news(), std::nullopt);
}

TEST_F(LatenessTest, IsOverAfterTenSecondsWithoutALateResult) {
  result(1, true);
  EXPECT_EQ(lateness.news(), true);
  for (int second = 2; second <= 10; ++second) result(second, false);
  EXPECT_EQ(lateness.news(), std::nullopt);
  result(11, false);
  EXPECT_EQ(lateness.news(), false);
  result(12, false);
  EXPECT_EQ(lateness.news(), std::nullopt);
}

TEST_F(LatenessTest, ALateResultInBetweenBeginsTheTenSecondsAnew) {
  result(1, true);
  lateness.news();
  result(9, true);
  result(18, false);
  EXPECT_EQ(lateness.news(), std::nullopt);
  result(19, false);
  EXPECT_EQ(lateness.news(), false);
}

TEST_F(LatenessTest, WhatBeganAndEndedSinceTheLastCallIsToldAsItIsNow) {
  result(1, true);
  result(11, false);
  EXPECT_EQ(lateness.news(), false);
}

}  // namespace
}  // namespace attune::live
