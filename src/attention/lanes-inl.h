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
HWY_INLINE void transpose_in_blocks(Lanes& a, Lanes& b, Lanes& c, Lanes& d) {
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

/// Exchanges vectors and blocks: block j of vector i becomes block i of vector j, for the vectors
/// m[0], m[4], ...
template <std::int64_t kWidth>
HWY_INLINE void transpose_blocks(Lanes* HWY_RESTRICT m) {
  const Tag f;
  if constexpr (kWidth == 8) {
    const Lanes low = hn::ConcatLowerLower(f, m[4], m[0]);
    m[4] = hn::ConcatUpperUpper(f, m[4], m[0]);
    m[0] = low;
  } else if constexpr (kWidth == 16) {
    const Lanes low02 = hn::ConcatLowerLower(f, m[8], m[0]);
    const Lanes high02 = hn::ConcatUpperUpper(f, m[8], m[0]);
    const Lanes low13 = hn::ConcatLowerLower(f, m[12], m[4]);
    const Lanes high13 = hn::ConcatUpperUpper(f, m[12], m[4]);
    m[0] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(low13), low02);
    m[4] = hn::OddEvenBlocks(low13, hn::SwapAdjacentBlocks(low02));
    m[8] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(high13), high02);
    m[12] = hn::OddEvenBlocks(high13, hn::SwapAdjacentBlocks(high02));
  }
}

/// Exchanges rows and columns of a kLanes x kLanes matrix.
HWY_INLINE void transpose(Lanes (&m)[kLanes]) {
  for (int i = 0; i < kLanes; i += 4) transpose_in_blocks(m[i], m[i + 1], m[i + 2], m[i + 3]);
  // Vector 4 g + k now holds, in block b, rows 4 g .. 4 g + 3 of column 4 b + k.
  for (int k = 0; k < 4; ++k) transpose_blocks<kLanes>(m + k);
}

#endif  // HWY_TARGET != HWY_SCALAR

/// Rows to lanes: lanes[c][i] = rows[i][c] for `count` rows and `columns` columns; the lanes
/// [count, lane_count) become 0.
inline void rows_to_lanes(const float* rows, std::int64_t row_stride, std::int64_t column_stride,
                          std::int64_t count, std::int64_t columns, std::int64_t lane_count,
                          float* HWY_RESTRICT lanes) {
  std::int64_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  const Tag f;
  for (; column_stride == 1 && c + kLanes <= columns; c += kLanes) {
    for (std::int64_t v = 0; v < lane_count; v += kLanes) {
      Lanes m[kLanes];
      if (v + kLanes <= count) {
        for (std::int64_t i = 0; i < kLanes; ++i)
          m[i] = hn::LoadU(f, rows + (v + i) * row_stride + c);
      } else {
        for (std::int64_t i = 0; i < kLanes; ++i)
          m[i] = v + i < count ? hn::LoadU(f, rows + (v + i) * row_stride + c) : hn::Zero(f);
      }
      transpose(m);
      for (std::int64_t i = 0; i < kLanes; ++i)
        hn::Store(m[i], f, lanes + (c + i) * lane_count + v);
    }
  }
#endif
  for (; c < columns; ++c) {
    for (std::int64_t i = 0; i < lane_count; ++i)
      lanes[c * lane_count + i] = i < count ? rows[i * row_stride + c * column_stride] : 0.0F;
  }
}

/// Lanes to rows: rows[i][c] = lanes[c][i] * factors[i] for `count` rows and `columns` columns.
inline void lanes_to_rows(const float* HWY_RESTRICT lanes, const float* HWY_RESTRICT factors,
                          std::int64_t count, std::int64_t columns, std::int64_t lane_count,
                          float* rows, std::int64_t row_stride, std::int64_t column_stride) {
  std::int64_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  const Tag f;
  for (; column_stride == 1 && c + kLanes <= columns; c += kLanes) {
    for (std::int64_t v = 0; v < count; v += kLanes) {
      const Lanes factor = hn::Load(f, factors + v);
      Lanes m[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i)
        m[i] = hn::Mul(hn::Load(f, lanes + (c + i) * lane_count + v), factor);
      transpose(m);
      if (v + kLanes <= count) {
        for (std::int64_t i = 0; i < kLanes; ++i)
          hn::StoreU(m[i], f, rows + (v + i) * row_stride + c);
      } else {
        for (std::int64_t i = 0; i < kLanes; ++i)
          if (v + i < count) hn::StoreU(m[i], f, rows + (v + i) * row_stride + c);
      }
    }
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
