#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/error.h"
#include "tensor/elementwise.h"
#include "tensor/view.h"

namespace attune::tensor {
namespace {

Tensor counted(Shape shape) {
  Tensor result(std::move(shape));
  float next = 0;
  for (float& value : result.values()) value = next++;
  return result;
}

TEST(Tensor, IsRowMajorAndAligned) {
  const Tensor t = counted({2, 3, 4});
  EXPECT_EQ(t.at({1, 2, 3}), 23);
  EXPECT_EQ(t.at({1, 0, 0}), 12);
  EXPECT_EQ(t.dim(-1), 4);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.data()) % 64, 0U);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor a = Tensor::zeros({3});
  Tensor shared = a;
  Tensor own = a.clone();
  a.at({1}) = 5;
  EXPECT_EQ(shared.at({1}), 5);
  EXPECT_EQ(own.at({1}), 0);
}

TEST(Tensor, ReshapeInfersAndChecks) {
  const Tensor t = counted({2, 6});
  EXPECT_EQ(t.reshaped({-1, 4}).shape(), (Shape{3, 4}));
  EXPECT_EQ(t.reshaped({3, 4}).at({2, 3}), 11);
  EXPECT_THROW(t.reshaped({5, -1}), Error);
  EXPECT_THROW(t.reshaped({13}), Error);
}

TEST(Tensor, RowsShareTheElements) {
  Tensor t = counted({4, 3});
  Tensor middle = t.rows(1, 3);
  EXPECT_EQ(middle.shape(), (Shape{2, 3}));
  EXPECT_EQ(middle.at({0, 0}), 3);
  middle.at({1, 2}) = -1;
  EXPECT_EQ(t.at({2, 2}), -1);
  EXPECT_THROW(t.rows(3, 5), Error);
}

TEST(Tensor, PermutationMovesEveryAxis) {
  const Tensor t = counted({2, 3, 4});
  const Tensor p = permuted(t, {2, 0, 1});
  ASSERT_EQ(p.shape(), (Shape{4, 2, 3}));
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      for (std::int64_t k = 0; k < 4; ++k) EXPECT_EQ(p.at({k, i, j}), t.at({i, j, k}));
}

TEST(Tensor, RejectsWrongNumberOfValues) {
  const std::vector<float> three{1, 2, 3};
  EXPECT_THROW(Tensor({2, 2}, three), Error);
  EXPECT_THROW(Tensor(Shape{-1}), Error);
}

TEST(Elementwise, ConcatenatesAlongTheLastAxis) {
  const Tensor a({2, 2}, std::vector<float>{1, 2, 3, 4});
  const Tensor b({2, 1}, std::vector<float>{9, 8});
  const Tensor c = concatenated(a, b);
  EXPECT_EQ(std::vector<float>(c.values().begin(), c.values().end()),
            (std::vector<float>{1, 2, 9, 3, 4, 8}));
}

TEST(View, TransposesWithoutMoving) {
  Tensor t = counted({2, 3, 4});
  const View v = View(t).transposed();
  EXPECT_EQ(v.shape, (Shape{2, 4, 3}));
  EXPECT_EQ(v.strides, (Shape{12, 1, 4}));
  EXPECT_EQ(v.data, t.data());
}

}  // namespace
}  // namespace attune::tensor
