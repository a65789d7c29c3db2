// Vectors of float32, one query in each lane, for whatever processor the including file is being
// compiled for (Highway includes it once for each of them). No include guard but Highway's.

#if defined(ATTUNE_ATTENTION_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_ATTENTION_LANES_INL_H_
#undef ATTUNE_ATTENTION_LANES_INL_H_
#else
#define ATTUNE_ATTENTION_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace attune::attention::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<float>;
using Lanes = hn::Vec<Tag>;
using IntTag = hn::RebindToSigned<Tag>;

constexpr std::int64_t kLanes = HWY_LANES(float);
constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

HWY_INLINE Lanes set(float value) {
  return hn::Set(Tag(), value);
}

/// 2^t with relative error below 1.5e-7; 0 far below 2^-126, infinity above 2^128, NaN for NaN.
/// 2^t = 2^floor(t) p(t - floor(t)); p is a minimax polynomial with p(0) = 1 exactly, found by
/// iteratively reweighted least squares on [0, 1]: error 8.2e-8 for degree 5.
HWY_INLINE Lanes exp2_of_fraction(Lanes x) {
  Lanes p = set(1.8671303e-3F);
  p = hn::MulAdd(p, x, set(9.0170298e-3F));
  p = hn::MulAdd(p, x, set(5.5799913e-2F));
  p = hn::MulAdd(p, x, set(2.4016444e-1F));
  p = hn::MulAdd(p, x, set(6.9315130e-1F));
  return hn::MulAdd(p, x, set(1.0F));
}

/// The same to 8.6e-5, for results that are rounded to bfloat16.
HWY_INLINE Lanes exp2_of_fraction_roughly(Lanes x) {
  Lanes p = set(7.7067055e-2F);
  p = hn::MulAdd(p, x, set(2.2764498e-1F));
  p = hn::MulAdd(p, x, set(6.9511682e-1F));
  return hn::MulAdd(p, x, set(1.0F));
}

template <Lanes (*kPolynomial)(Lanes)>
HWY_INLINE Lanes exp2_with(Lanes t) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  // Both instructions take infinities and numbers of any size.
  constexpr int kToFloorQuietly = 0x09;
  const Lanes x{_mm512_reduce_ps(t.raw, kToFloorQuietly)};
  return Lanes{_mm512_scalef_ps(kPolynomial(x).raw, t.raw)};
#else
  const IntTag ints;
  // Where the operands are equal or one is NaN, the second is the result.
  t = hn::Min(set(128.0F), hn::Max(set(-127.0F), t));
  const Lanes floor = hn::Floor(t);
  const auto exponent = hn::Add(hn::ConvertTo(ints, floor), hn::Set(ints, 127));
  return hn::Mul(kPolynomial(hn::Sub(t, floor)), hn::BitCast(Tag(), hn::ShiftLeft<23>(exponent)));
#endif
}

HWY_INLINE Lanes exp2(Lanes t) {
  return exp2_with<exp2_of_fraction>(t);
}

HWY_INLINE Lanes exp2_roughly(Lanes t) {
  return exp2_with<exp2_of_fraction_roughly>(t);
}

#if HWY_TARGET != HWY_SCALAR

/// Exchanges rows and columns of the 4 x 4 matrices that lie in corresponding 128-bit blocks.
HWY_INLINE void transpose_blocks(Lanes& a, Lanes& b, Lanes& c, Lanes& d) {
  const Tag f;
  const hn::Repartition<std::uint64_t, Tag> wide;
  const auto ab_low = hn::BitCast(wide, hn::InterleaveLower(f, a, b));
  const auto ab_high = hn::BitCast(wide, hn::InterleaveUpper(f, a, b));
  const auto cd_low = hn::BitCast(wide, hn::InterleaveLower(f, c, d));
  const auto cd_high = hn::BitCast(wide, hn::InterleaveUpper(f, c, d));
  a = hn::BitCast(f, hn::InterleaveLower(wide, ab_low, cd_low));
  b = hn::BitCast(f, hn::InterleaveUpper(wide, ab_low, cd_low));
  c = hn::BitCast(f, hn::InterleaveLower(wide, ab_high, cd_high));
  d = hn::BitCast(f, hn::InterleaveUpper(wide, ab_high, cd_high));
}

HWY_INLINE void copy_four(const float* from, float* to) {
  const hn::CappedTag<float, 4> four;
  hn::StoreU(hn::LoadU(four, from), four, to);
}

#endif

/// Rows to lanes: lanes[c][i] = rows[i][c] for `count` rows and `columns` columns; the lanes
/// [count, lane_count) become 0.
HWY_INLINE void rows_to_lanes(const float* rows, std::int64_t row_stride,
                              std::int64_t column_stride, std::int64_t count, std::int64_t columns,
                              std::int64_t lane_count, float* HWY_RESTRICT lanes) {
  std::int64_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  if (column_stride == 1) {
    // First, of each four vectors, block b of vector r takes row 4 b + r; then the 4 x 4 matrices
    // in corresponding blocks are transposed.
    const Tag f;
    const std::int64_t fours = columns / 4 * 4;
    for (std::int64_t i = 0; i < lane_count; ++i) {
      const std::int64_t lane = i % kLanes;
      float* to = lanes + lane % 4 * lane_count + (i - lane) + lane / 4 * 4;
      if (i < count) {
        const float* from = rows + i * row_stride;
        for (c = 0; c < fours; c += 4) copy_four(from + c, to + c * lane_count);
      } else {
        for (c = 0; c < fours; c += 4) std::fill_n(to + c * lane_count, 4, 0.0F);
      }
    }
    for (c = 0; c < fours; c += 4) {
      for (std::int64_t v = 0; v < lane_count; v += kLanes) {
        float* at = lanes + c * lane_count + v;
        Lanes v0 = hn::Load(f, at);
        Lanes v1 = hn::Load(f, at + lane_count);
        Lanes v2 = hn::Load(f, at + 2 * lane_count);
        Lanes v3 = hn::Load(f, at + 3 * lane_count);
        transpose_blocks(v0, v1, v2, v3);
        hn::Store(v0, f, at);
        hn::Store(v1, f, at + lane_count);
        hn::Store(v2, f, at + 2 * lane_count);
        hn::Store(v3, f, at + 3 * lane_count);
      }
    }
  }
#endif
  for (; c < columns; ++c) {
    for (std::int64_t i = 0; i < lane_count; ++i)
      lanes[c * lane_count + i] = i < count ? rows[i * row_stride + c * column_stride] : 0.0F;
  }
}

/// Lanes to rows: rows[i][c] = lanes[c][i] * factors[i] for `count` rows and `columns` columns.
/// The lanes are left in disorder.
HWY_INLINE void lanes_to_rows(float* HWY_RESTRICT lanes, const float* HWY_RESTRICT factors,
                              std::int64_t count, std::int64_t columns, std::int64_t lane_count,
                              float* rows, std::int64_t row_stride, std::int64_t column_stride) {
  std::int64_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  if (column_stride == 1) {
    const Tag f;
    const std::int64_t fours = columns / 4 * 4;
    for (c = 0; c < fours; c += 4) {
      for (std::int64_t v = 0; v < lane_count; v += kLanes) {
        float* at = lanes + c * lane_count + v;
        const Lanes factor = hn::Load(f, factors + v);
        Lanes v0 = hn::Mul(hn::Load(f, at), factor);
        Lanes v1 = hn::Mul(hn::Load(f, at + lane_count), factor);
        Lanes v2 = hn::Mul(hn::Load(f, at + 2 * lane_count), factor);
        Lanes v3 = hn::Mul(hn::Load(f, at + 3 * lane_count), factor);
        transpose_blocks(v0, v1, v2, v3);
        hn::Store(v0, f, at);
        hn::Store(v1, f, at + lane_count);
        hn::Store(v2, f, at + 2 * lane_count);
        hn::Store(v3, f, at + 3 * lane_count);
      }
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t lane = i % kLanes;
      const float* from = lanes + lane % 4 * lane_count + (i - lane) + lane / 4 * 4;
      float* to = rows + i * row_stride;
      for (c = 0; c < fours; c += 4) copy_four(from + c * lane_count, to + c);
    }
    c = fours;
  }
#endif
  for (; c < columns; ++c) {
    for (std::int64_t i = 0; i < count; ++i)
      rows[i * row_stride + c * column_stride] = lanes[c * lane_count + i] * factors[i];
  }
}

}  // namespace
}  // namespace attune::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
