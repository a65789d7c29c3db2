#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attention/fused_kernel.cc"
// Processors better than plain AVX-512 bring nothing here that the bfloat16 tiles do not use by
// themselves (bits below HWY_AVX3); SVE has vectors without a size, which cannot stand in arrays.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (0xFFLL | HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif
#include <hwy/foreach_target.h>
// After it, so that the toggles of the included files work:
#include "attention/block-inl.h"
#include "attention/fused_kernel.h"
#include "attention/scratch.h"

HWY_BEFORE_NAMESPACE();
namespace attune::attention::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kMostGroups = kTaskQueries / kLanes;

/// One run of some queries over all keys.
template <class Tiles>
class Task {
 public:
  Task(const FusedProblem& problem, std::int64_t first, std::int64_t count)
      : problem_(problem), softmax_(Softmax::of(problem)) {
    cut_into_groups(first, count);
    lay_out_memory();
  }

  /// False where an output is not finite.
  bool run() {
    for (std::int64_t g = 0; g < group_count_; ++g) begin(groups_[g]);
    for_each_block([this](const KeySequence& sequence, Group& group, const Block& block) {
      with_vectors(group, [&]<int kVectors>() {
        attend<Tiles, kVectors>(problem_, sequence, softmax_, group, block, space_);
      });
    });
    for (std::int64_t g = 0; g < group_count_; ++g) finish(groups_[g]);
    if (problem_.readout.any()) read_out();
    return finite_;
  }

 private:
  /// Three vectors of queries at once, but two and two rather than three and one. Where windows are
  /// short, fewer: a group computes scores for all keys that one of its queries sees.
  void cut_into_groups(std::int64_t first, std::int64_t count) {
    const std::int64_t most = most_vectors(first + count / 2);
    std::int64_t vectors = (count + kLanes - 1) / kLanes;
    while (vectors > 0) {
      Group& group = groups_[group_count_++];
      group.vectors = vectors == 4 ? std::min<std::int64_t>(most, 2) : std::min(vectors, most);
      group.lanes = group.vectors * kLanes;
      group.first = first;
      group.count = std::min(count, group.lanes);
      vectors -= group.vectors;
      first += group.count;
      count -= group.count;
    }
  }

  std::int64_t most_vectors(std::int64_t query) const {
    if (problem_.sequences.empty() || problem_.sequences.front().ranges == nullptr) return 3;
    const KeyRange& range = problem_.sequences.front().ranges[query];
    const std::int64_t window = range.end - range.begin;
    constexpr std::int64_t kFewKeys = 5 * kLanes;
    constexpr std::int64_t kManyKeys = 30 * kLanes;
    return window < kFewKeys ? 1 : window < kManyKeys ? 2 : 3;
  }

  void lay_out_memory() {
    std::int64_t lanes = 0;
    std::int64_t widest = 0;
    for (std::int64_t g = 0; g < group_count_; ++g) {
      lanes += groups_[g].lanes;
      widest = std::max(widest, groups_[g].lanes);
    }
    const std::int64_t rows = Tiles::operand_rows(problem_.key_width);
    const std::int64_t groups =
        problem_.readout.group_sums.data != nullptr ? problem_.readout.groups : 0;
    const std::int64_t floats =
        lanes * (rows + problem_.value_width + 3) + widest * (2 * kKeyBlock + 5 + groups);
    Scratch& scratch = Scratch::of_task();
    scratch.reset(floats * sizeof(float), 5 * group_count_ + 8);
    const auto take = [&](std::int64_t count) { return scratch.take<float>(count).data(); };
    for (std::int64_t g = 0; g < group_count_; ++g) {
      Group& group = groups_[g];
      group.query = take(rows * group.lanes);
      group.output = take(problem_.value_width * group.lanes);
      group.shift = take(group.lanes);
      group.sum = take(group.lanes);
      group.lost = take(group.lanes);
    }
    space_.scores = take(kKeyBlock * widest);
    space_.extra = take(kKeyBlock * widest);
    space_.greatest = take(widest);
    space_.shift = take(widest);
    space_.sum = take(widest);
    space_.begin = scratch.take<std::int32_t>(widest).data();
    space_.end = scratch.take<std::int32_t>(widest).data();
    space_.group_sums = take(groups * widest);
  }

  void begin(Group& group) {
    // Pairs of bfloat16 travel as one float each: they are only moved.
    constexpr std::int64_t kPerFloat = sizeof(float) / sizeof(typename Tiles::Element);
    rows_to_lanes(
        reinterpret_cast<const float*>(static_cast<const typename Tiles::Element*>(problem_.query) +
                                       group.first * problem_.query_stride),
        problem_.query_stride / kPerFloat, problem_.query_column_stride, group.count,
        Tiles::operand_rows(problem_.key_width), group.lanes, group.query);
    std::fill_n(group.output, problem_.value_width * group.lanes, 0.0F);
    std::fill_n(group.shift, group.lanes, kMinusInfinity);
    std::fill_n(group.sum, group.lanes, 0.0F);
    std::fill_n(group.lost, group.lanes, 0.0F);
  }

  /// The rows that one of a group's queries may attend to.
  static KeyRange reach(const KeySequence& sequence, const Group& group) {
    if (sequence.ranges == nullptr || sequence.outside) return sequence.rows;
    KeyRange reach{sequence.rows.end, sequence.rows.begin};
    for (std::int64_t i = group.first; i < group.first + group.count; ++i) {
      const KeyRange& range = sequence.ranges[i];
      if (range.begin >= range.end) continue;
      reach.begin = std::min(reach.begin, range.begin);
      reach.end = std::max(reach.end, range.end);
    }
    return {std::max(reach.begin, sequence.rows.begin), std::min(reach.end, sequence.rows.end)};
  }

  /// Groups take turns on each block of keys, while it is in the cache.
  template <class F>
  void for_each_block(F&& f) {
    for (const KeySequence& sequence : problem_.sequences) {
      KeyRange reaches[kMostGroups];
      KeyRange all{sequence.rows.end, sequence.rows.begin};
      for (std::int64_t g = 0; g < group_count_; ++g) {
        reaches[g] = reach(sequence, groups_[g]);
        if (reaches[g].begin >= reaches[g].end) continue;
        all.begin = std::min(all.begin, reaches[g].begin);
        all.end = std::max(all.end, reaches[g].end);
      }
      for (std::int64_t start = all.begin / kKeyBlock * kKeyBlock; start < all.end;
           start += kKeyBlock) {
        for (std::int64_t g = 0; g < group_count_; ++g) {
          const Block block{start, std::max(start, reaches[g].begin),
                            std::min(start + kKeyBlock, reaches[g].end)};
          if (block.first < block.end) f(sequence, groups_[g], block);
        }
      }
    }
  }

  template <class F>
  static void with_vectors(const Group& group, F&& f) {
    switch (group.vectors) {
      case 1:
        return f.template operator()<1>();
      case 2:
        return f.template operator()<2>();
      default:
        return f.template operator()<3>();
    }
  }

  /// The output, and in group.sum the factor that makes weights of a lane sum to one.
  void finish(Group& group) {
    const Tag f;
    for (std::int64_t v = 0; v < group.lanes; v += kLanes) {
      const Lanes sum = hn::Add(hn::Load(f, group.sum + v), hn::Load(f, group.lost + v));
      const Lanes share = hn::Div(set(1), sum);
      hn::Store(hn::IfThenZeroElse(hn::Eq(sum, set(0)), share), f, group.sum + v);
    }
    note_strays(group);
    const RowsOut& to = problem_.output;
    lanes_to_rows(group.output, group.sum, group.count, problem_.value_width, group.lanes,
                  to.data + group.first * to.row_stride, to.row_stride, to.column_stride);
  }

  /// x - x is 0 for finite x alone.
  void note_strays(const Group& group) {
    const Tag f;
    Lanes sum = set(0);
    for (std::int64_t at = 0; at < problem_.value_width * group.lanes; at += kLanes) {
      const Lanes x = hn::Load(f, group.output + at);
      sum = hn::Add(sum, hn::Sub(x, x));
    }
    finite_ = finite_ && hn::AllTrue(f, hn::Eq(sum, set(0)));
  }

  void read_out();
  void read_out_block(const KeySequence& sequence, const Group& group, const Block& block);
  void sum_by_group(const KeySequence& sequence, const Group& group, const Block& block);
  void sum_by_offset(const KeySequence& sequence, const Group& group, const Block& block);

  const FusedProblem& problem_;
  Softmax softmax_;
  Group groups_[kMostGroups];
  std::int64_t group_count_ = 0;
  Space space_;
  bool finite_ = true;
};

/// A second run over the keys, now that the sums of the weights are known.
template <class Tiles>
void Task<Tiles>::read_out() {
  const HeadReadout& readout = problem_.readout;
  for (std::int64_t g = 0; g < group_count_; ++g) {
    Group& group = groups_[g];
    Group* const only = &group;
    if (readout.group_sums.data != nullptr)
      std::fill_n(space_.group_sums, readout.groups * group.lanes, 0.0F);
    for_each_block([&](const KeySequence& sequence, Group& at, const Block& block) {
      if (&at != only) return;
      with_vectors(group, [&]<int kVectors>() {
        block_scores<Tiles, kVectors>(problem_, sequence, softmax_, group, block, space_);
        // In float32 whatever the operands are.
        block_weights<Float32Tiles, kVectors>(softmax_, group.shift, block, space_);
      });
      read_out_block(sequence, group, block);
    });
    if (readout.group_sums.data != nullptr) {
      std::fill_n(space_.greatest, group.lanes, 1.0F);
      lanes_to_rows(space_.group_sums, space_.greatest, group.count, readout.groups, group.lanes,
                    readout.group_sums.data + group.first * readout.group_sums.row_stride,
                    readout.group_sums.row_stride, readout.group_sums.column_stride);
    }
  }
}

template <class Tiles>
void Task<Tiles>::read_out_block(const KeySequence& sequence, const Group& group,
                                 const Block& block) {
  const HeadReadout& readout = problem_.readout;
  float* weights = space_.scores + (block.first - block.start) * group.lanes;
  for (std::int64_t at = 0; at < (block.end - block.first) * group.lanes; at += kLanes) {
    const Lanes share = hn::Load(Tag(), group.sum + at % group.lanes);
    // A row that is NaN is still 0 where it may not attend.
    const Lanes weight = hn::Load(Tag(), weights + at);
    hn::Store(hn::IfThenZeroElse(hn::Eq(weight, set(0)), hn::Mul(weight, share)), Tag(),
              weights + at);
  }
  if (readout.group_sums.data != nullptr) sum_by_group(sequence, group, block);
  if (readout.offset_sums.data != nullptr) sum_by_offset(sequence, group, block);
  if (readout.weights.data == nullptr || &sequence != problem_.sequences.data()) return;
  const RowsOut& to = readout.weights;
  std::fill_n(space_.greatest, group.lanes, 1.0F);
  lanes_to_rows(weights, space_.greatest, group.count, block.end - block.first, group.lanes,
                to.data + group.first * to.row_stride + block.first * to.column_stride,
                to.row_stride, to.column_stride);
}

template <class Tiles>
void Task<Tiles>::sum_by_group(const KeySequence& sequence, const Group& group,
                               const Block& block) {
  for (std::int64_t row = block.first; row < block.end; ++row) {
    const std::int32_t key_group =
        sequence.groups != nullptr ? sequence.groups[row] : sequence.group;
    const float* weights = space_.scores + (row - block.start) * group.lanes;
    float* sums = space_.group_sums + key_group * group.lanes;
    for (std::int64_t v = 0; v < group.lanes; v += kLanes)
      hn::Store(hn::Add(hn::Load(Tag(), sums + v), hn::Load(Tag(), weights + v)), Tag(), sums + v);
  }
}

template <class Tiles>
void Task<Tiles>::sum_by_offset(const KeySequence& sequence, const Group& group,
                                const Block& block) {
  const HeadReadout& readout = problem_.readout;
  const RowsOut& to = readout.offset_sums;
  for (std::int64_t row = block.first; row < block.end; ++row) {
    const std::int64_t position =
        sequence.positions != nullptr ? sequence.positions[row] : row + sequence.first_position;
    const float* weights = space_.scores + (row - block.start) * group.lanes;
    for (std::int64_t i = 0; i < group.count; ++i) {
      const std::int64_t query = group.first + i;
      const std::int64_t offset =
          position - (readout.query_positions != nullptr ? readout.query_positions[query] : query) -
          readout.first_offset;
      if (offset >= 0 && offset < readout.offsets)
        to.data[query * to.row_stride + offset * to.column_stride] += weights[i];
    }
  }
}

std::int64_t query_group() {
  return 3 * kLanes;
}

bool run_float32(const FusedProblem& problem, std::int64_t first, std::int64_t count) {
  return Task<Float32Tiles>(problem, first, count).run();
}

bool run_bfloat16(const FusedProblem& problem, std::int64_t first, std::int64_t count) {
#if ATTUNE_BFLOAT16_TILES
  return Task<BFloat16Tiles>(problem, first, count).run();
#else
  (void)problem, (void)first, (void)count;
  return false;
#endif
}

}  // namespace
}  // namespace attune::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "attention/flush_denormals.h"
#include "core/error.h"
#include "tensor/processor.h"

namespace attune::attention {

namespace {

HWY_EXPORT(query_group);
HWY_EXPORT(run_float32);
HWY_EXPORT(run_bfloat16);

}  // namespace

std::int64_t fused_query_group() {
  return HWY_DYNAMIC_DISPATCH(query_group)();
}

bool fused_attention(const FusedProblem& problem, std::int64_t first, std::int64_t count) {
  const FlushDenormals flush;
  if (problem.precision == Precision::kFloat32)
    return HWY_DYNAMIC_DISPATCH(run_float32)(problem, first, count);
  if (!tensor::has_bfloat16())
    throw Error(ErrorKind::kInternal, "attention: no bfloat16 on this processor");
  return HWY_DYNAMIC_DISPATCH(run_bfloat16)(problem, first, count);
}

void pack_value_pairs(const std::uint16_t* value, std::int64_t row_stride,
                      std::int64_t column_stride, std::int64_t rows, std::int64_t width,
                      std::uint16_t* packed) {
  for (std::int64_t row = 0; row < rows; row += 2) {
    const std::uint16_t* even = value + row * row_stride;
    const std::uint16_t* odd = row + 1 < rows ? even + row_stride : nullptr;
    for (std::int64_t c = 0; c < width; ++c) {
      packed[row * width + 2 * c] = even[c * column_stride];
      packed[row * width + 2 * c + 1] = odd != nullptr ? odd[c * column_stride] : 0;
    }
  }
}

}  // namespace attune::attention

#endif  // HWY_ONCE
