// The matrix products of a block of keys with a group of queries, kept in registers: scores, their
// exponentials, and weighted sums of values. Layout: a score matrix is [keys, lanes], one query in
// each lane, so that maxima and sums over keys need no exchange between lanes, and so that keys and
// values are read as they lie in the caller's memory, one number for all lanes at a time.

#if defined(ATTUNE_ATTENTION_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_ATTENTION_TILES_INL_H_
#undef ATTUNE_ATTENTION_TILES_INL_H_
#else
#define ATTUNE_ATTENTION_TILES_INL_H_
#endif

#include "attention/lanes-inl.h"

#undef ATTUNE_BFLOAT16_TILES
// Whether this target can be compiled with the bfloat16 dot product of AVX512-BF16. With Clang a
// function's own target replaces that of its namespace instead of adding to it.
#if HWY_ARCH_X86 && HWY_TARGET == HWY_AVX3 && !defined(__clang__)
#define ATTUNE_BFLOAT16_TILES 1
#define ATTUNE_BFLOAT16_FUNCTION HWY_NOINLINE __attribute__((target("avx512bf16")))
#else
#define ATTUNE_BFLOAT16_TILES 0
#endif

HWY_BEFORE_NAMESPACE();
namespace attune::attention::HWY_NAMESPACE {
namespace {

/// Scores become weights relative to 2^(factor * shift): exp2(factor * (score - shift)).
struct Exponent {
  float factor;
  /// True where factor * score may overflow although its difference to factor * shift does not:
  /// the difference is taken first then, at one operation more.
  bool difference_first;
  /// A relative error of 1e-4 is good enough: the weights will be rounded to bfloat16.
  bool rough;
};

template <Lanes (*kExp2)(Lanes)>
HWY_INLINE Lanes weight_of(const float* score, Lanes factor, Lanes shift, Lanes scaled_shift,
                           bool difference_first) {
  const Lanes s = hn::Load(Tag(), score);
  return kExp2(difference_first ? hn::Mul(hn::Sub(s, shift), factor)
                                : hn::MulSub(s, factor, scaled_shift));
}

// Rows of a tile: with three vectors of queries their 24 sums, the three operands and the number
// that multiplies them fit into the 32 registers of AVX-512, or 12 of 16.
constexpr int kTileRows = HWY_TARGET <= HWY_AVX3 || !HWY_ARCH_X86 ? 8 : 4;

struct Float32Tiles {
  using Element = float;

  static std::int64_t operand_rows(std::int64_t key_width) { return key_width; }

  /// scores[t] = keys[t] . query for `rows` keys; the greatest of each lane.
  template <int kVectors>
  HWY_NOINLINE static void scores(const float* HWY_RESTRICT query, const float* keys,
                                  std::int64_t stride, std::int64_t rows, std::int64_t width,
                                  float* HWY_RESTRICT scores, float* HWY_RESTRICT greatest) {
    for (int v = 0; v < kVectors; ++v) hn::Store(set(kMinusInfinity), Tag(), greatest + v * kLanes);
    std::int64_t t = 0;
    for (; t + kTileRows <= rows; t += kTileRows)
      score_tile<kVectors, kTileRows>(query, keys + t * stride, stride, width,
                                      scores + t * kVectors * kLanes, greatest);
    for (; t < rows; ++t)
      score_tile<kVectors, 1>(query, keys + t * stride, stride, width,
                              scores + t * kVectors * kLanes, greatest);
  }

  /// Turns `rows` rows of scores into weights, in place, and gives their sums. Four sums are
  /// carried side by side, so that none grows long; rows is a multiple of 4.
  template <int kVectors>
  HWY_NOINLINE static void weights(float* HWY_RESTRICT scores, std::int64_t rows, Exponent exponent,
                                   const float* HWY_RESTRICT shifts, float* HWY_RESTRICT sums) {
    const Lanes factor = set(exponent.factor);
    for (int v = 0; v < kVectors; ++v) {
      const Lanes shift = hn::Load(Tag(), shifts + v * kLanes);
      const Lanes scaled = hn::Mul(shift, factor);
      Lanes sum[4];
      for (Lanes& s : sum) s = set(0);
      for (std::int64_t t = 0; t < rows; t += 4) {
        for (int i = 0; i < 4; ++i) {
          float* at = scores + ((t + i) * kVectors + v) * kLanes;
          const Lanes weight =
              weight_of<exp2>(at, factor, shift, scaled, exponent.difference_first);
          sum[i] = hn::Add(sum[i], weight);
          hn::Store(weight, Tag(), at);
        }
      }
      hn::Store(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), Tag(),
                sums + v * kLanes);
    }
  }

  /// output[c] += sum over rows t in [first, end) of weights[t] values[t][c].
  template <int kVectors>
  HWY_NOINLINE static void values(const float* HWY_RESTRICT weights, const float* values,
                                  std::int64_t stride, std::int64_t first, std::int64_t end,
                                  std::int64_t width, float* HWY_RESTRICT output) {
    const float* from = weights + first * kVectors * kLanes;
    std::int64_t c = 0;
    for (; c + kTileRows <= width; c += kTileRows)
      value_tile<kVectors, kTileRows>(from, values + c, stride, end - first,
                                      output + c * kVectors * kLanes);
    for (; c < width; ++c)
      value_tile<kVectors, 1>(from, values + c, stride, end - first,
                              output + c * kVectors * kLanes);
  }

 private:
  template <int kVectors, int kRows>
  HWY_INLINE static void score_tile(const float* HWY_RESTRICT query, const float* keys,
                                    std::int64_t stride, std::int64_t width,
                                    float* HWY_RESTRICT scores, float* HWY_RESTRICT greatest) {
    const Tag f;
    Lanes sum[kRows][kVectors];
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = set(0);
    for (std::int64_t c = 0; c < width; ++c) {
      Lanes q[kVectors];
      for (int v = 0; v < kVectors; ++v) q[v] = hn::Load(f, query + (c * kVectors + v) * kLanes);
      for (int r = 0; r < kRows; ++r) {
        const Lanes k = set(keys[r * stride + c]);
        for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(k, q[v], sum[r][v]);
      }
    }
    // The maxima stay in memory: the sums leave no registers for them.
    for (int v = 0; v < kVectors; ++v) {
      Lanes top = hn::Load(f, greatest + v * kLanes);
      for (int r = 0; r < kRows; ++r) {
        hn::Store(sum[r][v], f, scores + (r * kVectors + v) * kLanes);
        top = hn::Max(top, sum[r][v]);
      }
      hn::Store(top, f, greatest + v * kLanes);
    }
  }

  template <int kVectors, int kColumns>
  HWY_INLINE static void value_tile(const float* HWY_RESTRICT weights, const float* values,
                                    std::int64_t stride, std::int64_t rows,
                                    float* HWY_RESTRICT output) {
    const Tag f;
    Lanes sum[kColumns][kVectors];
    for (int c = 0; c < kColumns; ++c)
      for (int v = 0; v < kVectors; ++v) sum[c][v] = set(0);
    for (std::int64_t t = 0; t < rows; ++t) {
      Lanes w[kVectors];
      for (int v = 0; v < kVectors; ++v) w[v] = hn::Load(f, weights + (t * kVectors + v) * kLanes);
      for (int c = 0; c < kColumns; ++c) {
        const Lanes x = set(values[t * stride + c]);
        for (int v = 0; v < kVectors; ++v) sum[c][v] = hn::MulAdd(x, w[v], sum[c][v]);
      }
    }
    for (int c = 0; c < kColumns; ++c) {
      for (int v = 0; v < kVectors; ++v) {
        float* at = output + (c * kVectors + v) * kLanes;
        hn::Store(hn::Add(hn::Load(f, at), sum[c][v]), f, at);
      }
    }
  }
};

#if ATTUNE_BFLOAT16_TILES

/// The same on bfloat16 operands: products of pairs, exact, added in float32.
struct BFloat16Tiles {
  using Element = std::uint16_t;

  /// Pairs of columns, as one 32-bit element each.
  static std::int64_t operand_rows(std::int64_t key_width) { return key_width / 2; }

  template <int kVectors>
  ATTUNE_BFLOAT16_FUNCTION static void scores(const float* HWY_RESTRICT query,
                                              const std::uint16_t* keys, std::int64_t stride,
                                              std::int64_t rows, std::int64_t width,
                                              float* HWY_RESTRICT scores,
                                              float* HWY_RESTRICT greatest) {
    for (int v = 0; v < kVectors; ++v)
      _mm512_store_ps(greatest + v * kLanes, _mm512_set1_ps(kMinusInfinity));
    std::int64_t t = 0;
    for (; t + kTileRows <= rows; t += kTileRows)
      score_tile<kVectors, kTileRows>(query, keys + t * stride, stride, width / 2,
                                      scores + t * kVectors * kLanes, greatest);
    for (; t < rows; ++t)
      score_tile<kVectors, 1>(query, keys + t * stride, stride, width / 2,
                              scores + t * kVectors * kLanes, greatest);
  }

  /// Rows 2 n and 2 n + 1 of the weights become row n of pairs.
  template <int kVectors>
  static void weights(float* scores, std::int64_t rows, Exponent exponent,
                      const float* HWY_RESTRICT shifts, float* HWY_RESTRICT sums) {
    if (exponent.rough) {
      weights_with<kVectors, exp2_roughly>(scores, rows, exponent, shifts, sums);
    } else {
      weights_with<kVectors, exp2>(scores, rows, exponent, shifts, sums);
    }
  }

  /// `values` are pairs of rows, from the pair that holds row `first`.
  template <int kVectors>
  ATTUNE_BFLOAT16_FUNCTION static void values(const float* HWY_RESTRICT weights,
                                              const std::uint16_t* values, std::int64_t stride,
                                              std::int64_t first, std::int64_t end,
                                              std::int64_t width, float* HWY_RESTRICT output) {
    const std::int64_t pairs = (end + 1) / 2 - first / 2;
    // The pairs of a block begin where the first quad of rows was.
    const float* from = weights + (first / 4 * 4 + first % 4 / 2) * kVectors * kLanes;
    std::int64_t c = 0;
    for (; c + kTileRows <= width; c += kTileRows)
      value_tile<kVectors, kTileRows>(from, values + 2 * c, stride, pairs,
                                      output + c * kVectors * kLanes);
    for (; c < width; ++c)
      value_tile<kVectors, 1>(from, values + 2 * c, stride, pairs, output + c * kVectors * kLanes);
  }

 private:
  template <int kVectors, Lanes (*kExp2)(Lanes)>
  ATTUNE_BFLOAT16_FUNCTION static void weights_with(float* scores, std::int64_t rows,
                                                    Exponent exponent,
                                                    const float* HWY_RESTRICT shifts,
                                                    float* HWY_RESTRICT sums) {
    const Lanes factor = set(exponent.factor);
    const __m512i interleave = interleaved_order();
    for (int v = 0; v < kVectors; ++v) {
      const Lanes shift = hn::Load(Tag(), shifts + v * kLanes);
      const Lanes scaled = hn::Mul(shift, factor);
      Lanes sum[4];
      for (Lanes& s : sum) s = set(0);
      for (std::int64_t t = 0; t < rows; t += 4) {
        for (int i = 0; i < 4; i += 2) {
          const float* at = scores + ((t + i) * kVectors + v) * kLanes;
          const Lanes even = weight_of<kExp2>(at, factor, shift, scaled, exponent.difference_first);
          const Lanes odd = weight_of<kExp2>(at + kVectors * kLanes, factor, shift, scaled,
                                             exponent.difference_first);
          sum[i] = hn::Add(sum[i], even);
          sum[i + 1] = hn::Add(sum[i + 1], odd);
          const auto halves = (__m512i)_mm512_cvtne2ps_pbh(odd.raw, even.raw);
          _mm512_store_si512(scores + ((t + i) / 2 * kVectors + v) * kLanes,
                             _mm512_permutexvar_epi16(interleave, halves));
        }
      }
      hn::Store(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), Tag(),
                sums + v * kLanes);
    }
  }

  static __m512i interleaved_order() {
    alignas(64) std::uint16_t order[32];
    for (int i = 0; i < 16; ++i) {
      order[2 * i] = static_cast<std::uint16_t>(i);
      order[2 * i + 1] = static_cast<std::uint16_t>(16 + i);
    }
    return _mm512_load_si512(order);
  }

  __attribute__((target("avx512bf16"))) HWY_INLINE static __m512 dot(__m512 sum, __m512i a,
                                                                     __m512i b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
  }

  HWY_INLINE static __m512i pair(const std::uint16_t* at) {
    std::int32_t word;
    __builtin_memcpy(&word, at, sizeof(word));
    return _mm512_set1_epi32(word);
  }

  template <int kVectors, int kRows>
  __attribute__((target("avx512bf16"))) HWY_INLINE static void score_tile(
      const float* HWY_RESTRICT query, const std::uint16_t* keys, std::int64_t stride,
      std::int64_t pairs, float* HWY_RESTRICT scores, float* HWY_RESTRICT greatest) {
    __m512 sum[kRows][kVectors];
    for (int r = 0; r < kRows; ++r)
      for (int v = 0; v < kVectors; ++v) sum[r][v] = _mm512_setzero_ps();
    for (std::int64_t c = 0; c < pairs; ++c) {
      __m512i q[kVectors];
      for (int v = 0; v < kVectors; ++v)
        q[v] = _mm512_load_si512(query + (c * kVectors + v) * kLanes);
      for (int r = 0; r < kRows; ++r) {
        const __m512i k = pair(keys + r * stride + 2 * c);
        for (int v = 0; v < kVectors; ++v) sum[r][v] = dot(sum[r][v], q[v], k);
      }
    }
    for (int v = 0; v < kVectors; ++v) {
      __m512 top = _mm512_load_ps(greatest + v * kLanes);
      for (int r = 0; r < kRows; ++r) {
        _mm512_store_ps(scores + (r * kVectors + v) * kLanes, sum[r][v]);
        top = _mm512_max_ps(top, sum[r][v]);
      }
      _mm512_store_ps(greatest + v * kLanes, top);
    }
  }

  template <int kVectors, int kColumns>
  __attribute__((target("avx512bf16"))) HWY_INLINE static void value_tile(
      const float* HWY_RESTRICT weights, const std::uint16_t* values, std::int64_t stride,
      std::int64_t pairs, float* HWY_RESTRICT output) {
    __m512 sum[kColumns][kVectors];
    for (int c = 0; c < kColumns; ++c)
      for (int v = 0; v < kVectors; ++v) sum[c][v] = _mm512_setzero_ps();
    for (std::int64_t t = 0; t < pairs; ++t) {
      __m512i w[kVectors];
      for (int v = 0; v < kVectors; ++v)
        w[v] = _mm512_load_si512(weights + (t * kVectors + v) * kLanes);
      for (int c = 0; c < kColumns; ++c) {
        const __m512i x = pair(values + t * stride + 2 * c);
        for (int v = 0; v < kVectors; ++v) sum[c][v] = dot(sum[c][v], w[v], x);
      }
    }
    for (int c = 0; c < kColumns; ++c) {
      for (int v = 0; v < kVectors; ++v) {
        float* at = output + (c * kVectors + v) * kLanes;
        _mm512_store_ps(at, _mm512_add_ps(_mm512_load_ps(at), sum[c][v]));
      }
    }
  }
};

#endif  // ATTUNE_BFLOAT16_TILES

}  // namespace
}  // namespace attune::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
