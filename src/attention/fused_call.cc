#include "attention/fused_call.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <type_traits>

#include "attention/fused_kernel.h"
#include "attention/key_ranges.h"
#include "attention/operands.h"
#include "attention/pooling.h"
#include "attention/task_loop.h"

namespace attune::attention {

namespace {

using tensor::BFloat16;

/// Where a broadcast view starts for one batch element and head.
template <class T>
ScoreView<T> scores_of(const HeadsView<const T>& view, std::int64_t batch, std::int64_t head) {
  if (view.data == nullptr) return {};
  return {view.at(view.shape[0] == 1 ? 0 : batch, view.shape[1] == 1 ? 0 : head, 0, 0),
          view.shape[2] == 1 ? 0 : view.strides[2], view.shape[3] == 1 ? 0 : view.strides[3]};
}

RowsOut rows_of(const HeadsView<float>& view, std::int64_t batch, std::int64_t head,
                bool summed = false) {
  if (view.data == nullptr) return {};
  return {view.at(batch, head, 0, 0), summed ? 0 : view.strides[2], view.strides[3]};
}

void fill_zero(const HeadsView<float>& view) {
  for (std::int64_t b = 0; b < view.batch(); ++b)
    for (std::int64_t h = 0; h < view.heads(); ++h)
      for (std::int64_t i = 0; i < view.length(); ++i)
        for (std::int64_t c = 0; c < view.width(); ++c) *view.at(b, h, i, c) = 0;
}

template <class T>
class FusedCall {
 public:
  FusedCall(const HeadsView<const T>& query, const HeadsView<const T>& key,
            const HeadsView<const T>& value, const HeadsView<float>& output,
            const CrossAttentionOptions& options, const AttentionReadout& readout)
      : query_(query),
        key_(key),
        value_(value),
        output_(output),
        options_(options),
        readout_(readout) {}

  void run() {
    prepare();
    if (attend_all() || everybody_sees_everything() || !holds_strays(value_, options_.key_lengths))
      return;
    // Values that are not finite have reached queries that may not see them.
    clean_ = without_strays(value_);
    value_ = clean_->view;
    prepare();
    attend_all();
  }

 private:
  static constexpr bool kPairs = std::is_same_v<T, BFloat16>;

  bool compressed() const { return options_.compression.stride != 0; }
  bool sums_over_queries() const { return readout_.offset_sums.length() != query_.length(); }

  std::int64_t keys_of(std::int64_t batch) const {
    return options_.key_lengths.empty() ? key_.length() : options_.key_lengths[batch];
  }

  /// Multiply-adds, about.
  double work() const {
    double keys = static_cast<double>(key_.length());
    if (options_.window && !ranges_.empty()) {
      const KeyRange& middle = ranges_[ranges_.size() / 2];
      keys = static_cast<double>(middle.end - middle.begin);
      if (compressed()) keys += static_cast<double>(cells_);
    }
    return static_cast<double>(query_.batch() * query_.heads() * query_.length()) * keys *
           static_cast<double>(query_.width() + value_.width());
  }

  std::int64_t queries_per_task() const {
    constexpr std::int64_t kTasksPerThread = 4;
    const std::int64_t group = fused_query_group();
    const std::int64_t heads = query_.batch() * query_.heads();
    const std::int64_t wanted = kTasksPerThread * tbb::this_task_arena::max_concurrency();
    const std::int64_t groups = (query_.length() + group - 1) / group;
    const std::int64_t per_task = std::max<std::int64_t>(1, groups * heads / wanted);
    return std::clamp<std::int64_t>(per_task * group, group, kTaskQueries / group * group);
  }

  bool everybody_sees_everything() const {
    const bool windowed = options_.window && !compressed();
    return options_.mask.data == nullptr && options_.bias.data == nullptr &&
           options_.relative_bias.table.empty() && !windowed;
  }

  /// False where an output is not finite.
  bool attend_all() {
    clear_readout();
    if (query_.length() == 0) return true;
    // Sums over queries are added up in their order.
    const bool in_order = readout_.offset_sums.data != nullptr && sums_over_queries();
    const std::int64_t per_task = queries_per_task();
    const std::int64_t tasks = (query_.length() + per_task - 1) / per_task;
    const std::int64_t heads = query_.batch() * query_.heads();
    std::atomic<bool> finite{true};
    const auto run_task = [&](std::int64_t head, std::int64_t task) {
      const std::int64_t first = task * per_task;
      const std::int64_t count = std::min(per_task, query_.length() - first);
      if (!attend(head / query_.heads(), head % query_.heads(), first, count))
        finite.store(false, std::memory_order_relaxed);
    };
    if (in_order) {
      for_each_task(heads, work(), [&](std::int64_t head) {
        for (std::int64_t task = 0; task < tasks; ++task) run_task(head, task);
      });
    } else {
      for_each_task(heads * tasks, work(), [&](std::int64_t i) { run_task(i / tasks, i % tasks); });
    }
    return finite;
  }

  void prepare() {
    Scratch& scratch = Scratch::of_call();
    const auto& table = options_.relative_bias.table;
    const std::size_t queries = options_.window ? query_.length() : 0;
    std::size_t bytes = queries * sizeof(KeyRange) + table.size() * sizeof(float);
    bytes += rows_copy_bytes(key_);
    if constexpr (kPairs) {
      bytes += rows_copy_bytes(query_) + value_pairs_bytes(value_);
    } else {
      bytes += rows_copy_bytes(value_);
    }
    if (compressed()) bytes += pooled_bytes();
    scratch.reset(bytes, 12);

    key_rows_ = contiguous_rows(key_, scratch);
    if constexpr (kPairs) {
      query_rows_ = contiguous_rows(query_, scratch);
      value_rows_ = value_pairs(value_, options_.key_lengths, scratch);
    } else {
      query_rows_ = as_it_is(query_);
      value_rows_ = contiguous_rows(value_, scratch);
    }
    if (options_.window) {
      ranges_ = scratch.take<KeyRange>(queries);
      key_ranges(*options_.window, key_.length(), ranges_);
    }
    if (!table.empty()) {
      reversed_ = scratch.take<float>(table.size());
      const std::size_t offsets = table.size() / static_cast<std::size_t>(query_.heads());
      for (std::size_t i = 0; i < table.size(); ++i)
        reversed_[i] = table[i / offsets * offsets + (offsets - 1 - i % offsets)];
    }
    if (compressed()) pool(scratch);
  }

  std::size_t pooled_bytes() {
    cells_ = cell_count(key_.length(), options_.compression.stride);
    const std::size_t heads = query_.batch() * query_.heads();
    return heads * cells_ * (key_.width() + value_.width()) * sizeof(float) +
           2 * query_.length() * sizeof(KeyRange) +
           static_cast<std::size_t>(query_.batch() * cells_) * sizeof(float);
  }

  void pool(Scratch& scratch) {
    if constexpr (!kPairs) {
      const std::int64_t stride = options_.compression.stride;
      const std::int64_t heads = query_.batch() * query_.heads();
      far_ranges_ = scratch.take<KeyRange>(ranges_.size());
      cell_ranges(ranges_, stride, far_ranges_);
      near_ranges_ = scratch.take<KeyRange>(ranges_.size());
      for (std::size_t i = 0; i < ranges_.size(); ++i)
        near_ranges_[i] = {far_ranges_[i].begin * stride,
                           std::min(far_ranges_[i].end * stride, key_.length())};
      pooled_keys_ = scratch.take<float>(heads * cells_ * key_.width());
      pooled_values_ = scratch.take<float>(heads * cells_ * value_.width());
      cell_sizes_ = scratch.take<float>(query_.batch() * cells_);
      for (std::int64_t b = 0; b < query_.batch(); ++b)
        log_cell_sizes(keys_of(b), stride,
                       cell_sizes_.subspan(b * cells_, cell_count(keys_of(b), stride)));
      const double work =
          static_cast<double>(heads * key_.length()) * (key_.width() + value_.width());
      for_each_task(heads, work, [&](std::int64_t i) {
        const std::int64_t b = i / query_.heads();
        const std::int64_t h = i % query_.heads();
        const auto all = options_.compression.projection;
        const auto projection = all.empty() ? all : all.subspan(h * stride, stride);
        pool_rows(key_, b, h, keys_of(b), stride, projection,
                  pooled_keys_.data() + i * cells_ * key_.width());
        pool_rows(value_, b, h, keys_of(b), stride, projection,
                  pooled_values_.data() + i * cells_ * value_.width());
      });
    }
  }

  void clear_readout() const {
    if (readout_.weights.data != nullptr) fill_zero(readout_.weights);
    if (readout_.offset_sums.data != nullptr) fill_zero(readout_.offset_sums);
  }

  KeySequence main_sequence(std::int64_t b, std::int64_t h) const {
    KeySequence sequence;
    sequence.key = key_rows_.head(b, h);
    sequence.key_stride = key_rows_.row_stride;
    sequence.value = value_rows_.head(b, h);
    sequence.value_stride = value_rows_.row_stride;
    sequence.rows = {0, keys_of(b)};
    if (options_.window) sequence.ranges = compressed() ? near_ranges_.data() : ranges_.data();
    if (clean_) sequence.strays = clean_->strays[b * query_.heads() + h];
    if (!readout_.key_groups.empty()) sequence.groups = readout_.key_groups.data();
    if (!readout_.key_positions.empty()) sequence.positions = readout_.key_positions.data();
    return sequence;
  }

  KeySequence pooled_sequence(std::int64_t b, std::int64_t h) const {
    const std::int64_t head = b * query_.heads() + h;
    KeySequence sequence;
    sequence.key = pooled_keys_.data() + head * cells_ * key_.width();
    sequence.key_stride = key_.width();
    sequence.value = pooled_values_.data() + head * cells_ * value_.width();
    sequence.value_stride = value_.width();
    sequence.rows = {0, cell_count(keys_of(b), options_.compression.stride)};
    sequence.ranges = far_ranges_.data();
    sequence.outside = true;
    sequence.key_bias = cell_sizes_.data() + b * cells_;
    return sequence;
  }

  bool attend(std::int64_t b, std::int64_t h, std::int64_t first, std::int64_t count) const {
    const std::array sequences{main_sequence(b, h),
                               compressed() ? pooled_sequence(b, h) : KeySequence{}};
    FusedProblem problem;
    problem.precision = kPairs ? Precision::kBFloat16 : Precision::kFloat32;
    problem.query = query_rows_.head(b, h);
    problem.query_stride = query_rows_.row_stride;
    problem.query_column_stride = query_rows_.column_stride;
    problem.queries = query_.length();
    problem.key_width = kPairs ? (key_.width() + 1) / 2 * 2 : key_.width();
    problem.value_width = value_.width();
    problem.scale = options_.scale.value_or(1.0F / std::sqrt(static_cast<float>(query_.width())));
    problem.sequences = std::span(sequences).first(compressed() ? 2 : 1);
    problem.bias = scores_of(options_.bias, b, h);
    problem.mask = scores_of(options_.mask, b, h);
    if (!reversed_.empty()) {
      const std::int64_t offsets = static_cast<std::int64_t>(reversed_.size()) / query_.heads();
      problem.reversed_bias = reversed_.data() + h * offsets;
      problem.reversed_size = offsets;
      problem.reversed_zero = offsets - 1 + options_.relative_bias.first_offset;
    }
    problem.output = rows_of(output_, b, h);
    problem.readout.weights = rows_of(readout_.weights, b, h);
    problem.readout.group_sums = rows_of(readout_.group_sums, b, h);
    problem.readout.groups = readout_.group_sums.width();
    problem.readout.offset_sums = rows_of(readout_.offset_sums, b, h, sums_over_queries());
    problem.readout.first_offset = readout_.first_offset;
    problem.readout.offsets = readout_.offset_sums.width();
    if (!readout_.query_positions.empty())
      problem.readout.query_positions = readout_.query_positions.data();
    return fused_attention(problem, first, count);
  }

  const HeadsView<const T>& query_;
  const HeadsView<const T>& key_;
  HeadsView<const T> value_;
  const HeadsView<float>& output_;
  const CrossAttentionOptions& options_;
  const AttentionReadout& readout_;

  std::optional<CleanValues<T>> clean_;
  Operand query_rows_;
  Operand key_rows_;
  Operand value_rows_;
  std::span<KeyRange> ranges_;
  std::span<float> reversed_;
  /// Of the compression: keys and cells taken one by one, and the pooled cells.
  std::span<KeyRange> near_ranges_;
  std::span<KeyRange> far_ranges_;
  std::int64_t cells_ = 0;
  std::span<float> pooled_keys_;
  std::span<float> pooled_values_;
  std::span<float> cell_sizes_;
};

}  // namespace

template <class T>
void fused_call(const HeadsView<const T>& query, const HeadsView<const T>& key,
                const HeadsView<const T>& value, const HeadsView<float>& output,
                const CrossAttentionOptions& options, const AttentionReadout& readout) {
  FusedCall<T>(query, key, value, output, options, readout).run();
}

template void fused_call(const HeadsView<const float>&, const HeadsView<const float>&,
                         const HeadsView<const float>&, const HeadsView<float>&,
                         const CrossAttentionOptions&, const AttentionReadout&);
template void fused_call(const HeadsView<const BFloat16>&, const HeadsView<const BFloat16>&,
                         const HeadsView<const BFloat16>&, const HeadsView<float>&,
                         const CrossAttentionOptions&, const AttentionReadout&);

}  // namespace attune::attention
