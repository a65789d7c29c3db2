// One block of keys for one group of queries: scores with bias and mask, and the online softmax
// (Milakov and Gimelshein 2018, "Online normalizer calculation for softmax"; Dao et al. 2022,
// "FlashAttention") with a running maximum that moves only when the scores outgrow it by a factor
// of 2^8, so that sums are almost never rescaled.

#if defined(ATTUNE_ATTENTION_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTUNE_ATTENTION_BLOCK_INL_H_
#undef ATTUNE_ATTENTION_BLOCK_INL_H_
#else
#define ATTUNE_ATTENTION_BLOCK_INL_H_
#endif

#include <algorithm>
#include <limits>
#include <numbers>

#include "attention/fused_kernel.h"
#include "attention/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attune::attention::HWY_NAMESPACE {
namespace {

/// At most three vectors of queries, and their running state.
struct Group {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t vectors = 0;
  std::int64_t lanes = 0;
  /// [operand rows, lanes]
  float* query = nullptr;
  /// [value width, lanes]: the weighted sums of values, relative to `shift` like the sums.
  float* output = nullptr;
  /// [lanes] each: the score that weights are relative to, their sum, and what rounding took away
  /// from it.
  float* shift = nullptr;
  float* sum = nullptr;
  float* lost = nullptr;
};

/// Memory of a task beside its groups.
struct Space {
  /// [kKeyBlock, lanes]: scores, then weights, of one block.
  float* scores = nullptr;
  /// [kKeyBlock, lanes]: bias and mask, or the scores before they became weights.
  float* extra = nullptr;
  /// [lanes]
  float* greatest = nullptr;
  float* shift = nullptr;
  float* sum = nullptr;
  std::int32_t* begin = nullptr;
  std::int32_t* end = nullptr;
  /// [groups, lanes]: sums per group of keys.
  float* group_sums = nullptr;
};

/// Rows [first, end) of the block of keys that begins at row `start`.
struct Block {
  std::int64_t start;
  std::int64_t first;
  std::int64_t end;
};

/// How scores become weights in a problem.
struct Softmax {
  Exponent exponent;
  /// Scores are scaled, and bias is added, before their maximum is taken.
  bool logits;
  /// Growth of the maximum, in scores, that makes sums be rescaled.
  float headroom;

  static Softmax of(const FusedProblem& problem) {
    constexpr float kLog2E = std::numbers::log2e_v<float>;
    constexpr float kHeadroom = 8;
    Softmax s{};
    s.logits = problem.bias.data != nullptr || problem.reversed_bias != nullptr ||
               !(problem.scale * kLog2E > 0 && problem.scale * kLog2E <= 1);
    for (const KeySequence& sequence : problem.sequences) s.logits |= sequence.key_bias != nullptr;
    s.exponent = {.factor = s.logits ? kLog2E : problem.scale * kLog2E,
                  .difference_first = s.logits,
                  .rough = problem.precision == Precision::kBFloat16 && !problem.readout.any()};
    s.headroom = std::min(kHeadroom / s.exponent.factor, 1e30F);
    return s;
  }
};

/// Row `row` of a sequence of `Element`s that may be a ring.
inline std::int64_t place(const KeySequence& sequence, std::int64_t row) {
  return sequence.ring == 0 ? row : row % sequence.ring;
}

/// Rows of a block, relative to its start, that no range of a group's queries cuts: all others must
/// be looked at query by query.
struct Uncut {
  std::int32_t begin = 0;
  std::int32_t end = kKeyBlock;

  bool holds(const Block& block) const {
    return begin <= block.first - block.start && end >= block.end - block.start;
  }
};

/// Puts the ranges of a group's queries, relative to the block, into `space`.
inline Uncut block_ranges(const KeySequence& sequence, const Group& group, const Block& block,
                          Space& space) {
  Uncut uncut;
  if (sequence.ranges == nullptr) return uncut;
  for (std::int64_t i = 0; i < group.lanes; ++i) {
    const KeyRange range = i < group.count    ? sequence.ranges[group.first + i]
                           : sequence.outside ? KeyRange{0, 0}
                                              : KeyRange{block.start, block.start + kKeyBlock};
    const std::int64_t begin = std::clamp<std::int64_t>(range.begin - block.start, 0, kKeyBlock);
    const std::int64_t end = std::clamp<std::int64_t>(range.end - block.start, begin, kKeyBlock);
    space.begin[i] = static_cast<std::int32_t>(begin);
    space.end[i] = static_cast<std::int32_t>(end);
    if (!sequence.outside) {
      uncut.begin = std::max(uncut.begin, space.begin[i]);
      uncut.end = std::min(uncut.end, space.end[i]);
    } else if (begin < end) {
      uncut.end = 0;
    }
  }
  return uncut;
}

/// bias[t][i], or minus infinity where the mask forbids, for the rows of a block: [rows, lanes].
inline void gather_bias(const FusedProblem& problem, const Group& group, const Block& block,
                        Space& space) {
  const std::int64_t rows = block.end - block.first;
  const ScoreView<float>& bias = problem.bias;
  if (bias.data != nullptr) {
    rows_to_lanes(bias.data + group.first * bias.row_stride + block.first * bias.column_stride,
                  bias.row_stride, bias.column_stride, group.count, rows, group.lanes, space.extra);
  } else {
    std::fill_n(space.extra, rows * group.lanes, 0.0F);
  }
  const ScoreView<std::uint8_t>& mask = problem.mask;
  if (mask.data == nullptr) return;
  for (std::int64_t i = 0; i < group.count; ++i) {
    const std::uint8_t* allowed =
        mask.data + (group.first + i) * mask.row_stride + block.first * mask.column_stride;
    for (std::int64_t t = 0; t < rows; ++t)
      if (allowed[t * mask.column_stride] == 0) space.extra[t * group.lanes + i] = kMinusInfinity;
  }
}

/// The relative bias of row `row` for the lanes [first, first + kLanes) of a group.
HWY_INLINE Lanes relative_bias(const FusedProblem& problem, std::int64_t query, std::int64_t row) {
  const std::int64_t at = query - row + problem.reversed_zero;
  if (at >= 0 && at + kLanes <= problem.reversed_size)
    return hn::LoadU(Tag(), problem.reversed_bias + at);
  HWY_ALIGN float entries[kLanes];
  for (std::int64_t i = 0; i < kLanes; ++i)
    entries[i] =
        at + i >= 0 && at + i < problem.reversed_size ? problem.reversed_bias[at + i] : 0.0F;
  return hn::Load(Tag(), entries);
}

/// Minus infinity masks, whatever the score is.
HWY_INLINE Lanes biased(Lanes score, Lanes bias) {
  const Lanes never = set(kMinusInfinity);
  return hn::IfThenElse(hn::Eq(bias, never), never, hn::Add(score, bias));
}

/// What of adjust_scores() is the same for all rows of a block.
struct Adjustment {
  const FusedProblem& problem;
  const KeySequence& sequence;
  const Group& group;
  const Block& block;
  Space& space;
  /// Scale and biases are put on.
  bool logits;
  /// Bias and mask of each query and row lie in space.extra.
  bool gathered;
};

/// Rows [first, end) of a block for one vector of queries; the greatest score so far goes in and
/// out.
template <bool kCut>
HWY_INLINE Lanes adjust_rows(const Adjustment& a, std::int64_t v, std::int64_t first,
                             std::int64_t end, Lanes greatest) {
  const Tag f;
  const IntTag ints;
  const Lanes never = set(kMinusInfinity);
  const auto begins = hn::Load(ints, a.space.begin + v);
  const auto ends = hn::Load(ints, a.space.end + v);
  const bool first_sequence = &a.sequence == a.problem.sequences.data();
  for (std::int64_t row = first; row < end; ++row) {
    float* at = a.space.scores + (row - a.block.start) * a.group.lanes + v;
    Lanes score = hn::Load(f, at);
    if (a.logits) {
      score = hn::Mul(score, set(a.problem.scale));
      if (first_sequence && a.problem.reversed_bias != nullptr)
        score = biased(score, relative_bias(a.problem, a.group.first + v, row));
      if (a.sequence.key_bias != nullptr) score = hn::Add(score, set(a.sequence.key_bias[row]));
    }
    if (a.gathered) {
      const Lanes extra = hn::Load(f, a.space.extra + (row - a.block.first) * a.group.lanes + v);
      score = biased(score, extra);
    }
    if constexpr (kCut) {
      const auto number = hn::Set(ints, static_cast<std::int32_t>(row - a.block.start));
      const auto inside =
          hn::RebindMask(f, hn::AndNot(hn::Gt(begins, number), hn::Lt(number, ends)));
      score = a.sequence.outside ? hn::IfThenElse(inside, never, score)
                                 : hn::IfThenElse(inside, score, never);
    }
    if (kCut || a.logits || a.gathered) hn::Store(score, f, at);
    greatest = hn::Max(greatest, score);
  }
  return greatest;
}

/// Scale, biases, mask and ranges put on the scores of a block; their maximum anew.
inline void adjust_scores(const Adjustment& a, const Uncut& uncut) {
  if (a.gathered) gather_bias(a.problem, a.group, a.block, a.space);
  const std::int64_t begin = std::clamp(a.block.start + uncut.begin, a.block.first, a.block.end);
  const std::int64_t end = std::clamp(a.block.start + uncut.end, begin, a.block.end);
  for (std::int64_t v = 0; v < a.group.lanes; v += kLanes) {
    Lanes greatest = set(kMinusInfinity);
    greatest = adjust_rows<true>(a, v, a.block.first, begin, greatest);
    greatest = adjust_rows<false>(a, v, begin, end, greatest);
    greatest = adjust_rows<true>(a, v, end, a.block.end, greatest);
    hn::Store(greatest, Tag(), a.space.greatest + v);
  }
}

/// The scores of a block in space.scores, those beside it within its quads of rows minus infinity,
/// and their maxima in space.greatest.
template <class Tiles, int kVectors>
inline void block_scores(const FusedProblem& problem, const KeySequence& sequence,
                         const Softmax& softmax, const Group& group, const Block& block,
                         Space& space) {
  const std::int64_t lanes = kVectors * kLanes;
  const auto* keys = static_cast<const typename Tiles::Element*>(sequence.key) +
                     place(sequence, block.first) * sequence.key_stride;
  Tiles::template scores<kVectors>(
      group.query, keys, sequence.key_stride, block.end - block.first, problem.key_width,
      space.scores + (block.first - block.start) * lanes, space.greatest);
  const Uncut uncut = block_ranges(sequence, group, block, space);
  const bool gathered = &sequence == problem.sequences.data() &&
                        (problem.bias.data != nullptr || problem.mask.data != nullptr);
  if (softmax.logits || gathered || !uncut.holds(block))
    adjust_scores({problem, sequence, group, block, space, softmax.logits, gathered}, uncut);
  const std::int64_t first = block.first - block.start;
  const std::int64_t end = block.end - block.start;
  std::fill(space.scores + first / 4 * 4 * lanes, space.scores + first * lanes, kMinusInfinity);
  std::fill(space.scores + end * lanes, space.scores + (end + 3) / 4 * 4 * lanes, kMinusInfinity);
}

/// Scores of the block to weights relative to `shift`, which may be minus infinity in lanes that
/// attend to nothing; their sums in space.sum.
template <class Tiles, int kVectors>
inline void block_weights(const Softmax& softmax, const float* shift, const Block& block,
                          Space& space) {
  for (int v = 0; v < kVectors; ++v) {
    const Lanes s = hn::Load(Tag(), shift + v * kLanes);
    hn::Store(hn::IfThenZeroElse(hn::Eq(s, set(kMinusInfinity)), s), Tag(),
              space.shift + v * kLanes);
  }
  const std::int64_t first = (block.first - block.start) / 4 * 4;
  const std::int64_t end = (block.end - block.start + 3) / 4 * 4;
  Tiles::template weights<kVectors>(space.scores + first * kVectors * kLanes, end - first,
                                    softmax.exponent, space.shift, space.sum);
}

/// Moves the running maximum where the block outgrows it, and rescales what is summed up.
template <int kVectors>
inline void follow_maximum(const FusedProblem& problem, const Softmax& softmax, Group& group,
                           const Space& space) {
  const Tag f;
  for (int v = 0; v < kVectors; ++v) {
    const Lanes before = hn::Load(f, group.shift + v * kLanes);
    const Lanes greatest = hn::Load(f, space.greatest + v * kLanes);
    const auto grown = hn::Gt(greatest, hn::Add(before, set(softmax.headroom)));
    if (hn::AllFalse(f, grown)) continue;
    hn::Store(hn::IfThenElse(grown, greatest, before), f, group.shift + v * kLanes);
    const Lanes factor = hn::IfThenElse(
        grown, exp2(hn::Mul(hn::Sub(before, greatest), set(softmax.exponent.factor))), set(1));
    for (float* sums : {group.sum + v * kLanes, group.lost + v * kLanes})
      hn::Store(hn::Mul(hn::Load(f, sums), factor), f, sums);
    for (std::int64_t c = 0; c < problem.value_width; ++c) {
      float* at = group.output + (c * kVectors + v) * kLanes;
      hn::Store(hn::Mul(hn::Load(f, at), factor), f, at);
    }
  }
}

/// The stray values of a block, for the lanes that may attend to them; space.extra holds the
/// scores.
inline void add_strays(std::span<const StrayValue> strays, Group& group, const Block& block,
                       const Softmax& softmax, const Space& space) {
  for (const StrayValue& stray : strays) {
    for (std::int64_t i = 0; i < group.count; ++i) {
      const float score = space.extra[(stray.row - block.start) * group.lanes + i];
      if (score == kMinusInfinity) continue;
      HWY_ALIGN float exponent[kLanes] = {(score - space.shift[i]) * softmax.exponent.factor};
      const float weight = hn::GetLane(exp2(hn::Load(Tag(), exponent)));
      group.output[stray.column * group.lanes + i] += weight * stray.value;
    }
  }
}

inline std::span<const StrayValue> strays_of(const KeySequence& sequence, const Block& block) {
  const auto row = [](const StrayValue& stray) { return stray.row; };
  const auto from = std::ranges::lower_bound(sequence.strays, block.first, {}, row);
  const auto to = std::ranges::lower_bound(sequence.strays, block.end, {}, row);
  return {from, to};
}

/// Takes one block of keys into the running sums of a group.
template <class Tiles, int kVectors>
void attend(const FusedProblem& problem, const KeySequence& sequence, const Softmax& softmax,
            Group& group, const Block& block, Space& space) {
  const Tag f;
  block_scores<Tiles, kVectors>(problem, sequence, softmax, group, block, space);
  follow_maximum<kVectors>(problem, softmax, group, space);
  const auto strays = strays_of(sequence, block);
  if (!strays.empty())
    std::copy_n(space.scores, (block.end - block.start) * group.lanes, space.extra);
  block_weights<Tiles, kVectors>(softmax, group.shift, block, space);
  for (int v = 0; v < kVectors; ++v) {
    // Knuth's two-sum: a block without keys of a query changes nothing, not even a bit.
    const Lanes before = hn::Load(f, group.sum + v * kLanes);
    const Lanes more = hn::Load(f, space.sum + v * kLanes);
    const Lanes after = hn::Add(before, more);
    const Lanes taken = hn::Sub(after, before);
    const Lanes error = hn::Add(hn::Sub(before, hn::Sub(after, taken)), hn::Sub(more, taken));
    float* lost = group.lost + v * kLanes;
    hn::Store(hn::Add(hn::Load(f, lost), error), f, lost);
    hn::Store(after, f, group.sum + v * kLanes);
  }
  const std::int64_t first = block.first - block.start;
  const std::int64_t end = block.end - block.start;
  constexpr bool kPairs = sizeof(typename Tiles::Element) == 2;
  const std::int64_t row = kPairs ? block.first / 2 : place(sequence, block.first);
  Tiles::template values<kVectors>(
      space.scores,
      static_cast<const typename Tiles::Element*>(sequence.value) + row * sequence.value_stride,
      sequence.value_stride, first, end, problem.value_width, group.output);
  add_strays(strays, group, block, softmax, space);
}

}  // namespace
}  // namespace attune::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
