#include "attention/few_queries.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "attention/few_queries.cc"
#include <hwy/foreach_target.h>
// Highway's own header comes after the one that includes this file for each processor.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace attune::attention::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Never more lanes than the 16 that widths are multiples of.
using Tag = hn::CappedTag<float, 16>;

/// scores[j] = scale * query . key[j]
void scores(const float* query, const float* key, std::int64_t stride, std::int64_t keys,
            std::int64_t width, float scale, float* result) {
  const Tag tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  for (std::int64_t j = 0; j < keys; ++j) {
    const float* row = key + j * stride;
    auto sum = hn::Mul(hn::LoadU(tag, query), hn::LoadU(tag, row));
    for (std::int64_t c = lanes; c < width; c += lanes)
      sum = hn::MulAdd(hn::LoadU(tag, query + c), hn::LoadU(tag, row + c), sum);
    result[j] = scale * hn::GetLane(hn::SumOfLanes(tag, sum));
  }
}

/// result = sum over j of weights[j] * value[j]
void weighted_sum(const float* weights, const float* value, std::int64_t stride, std::int64_t keys,
                  std::int64_t width, float* result) {
  const Tag tag;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(tag));
  std::int64_t c = 0;
  // Four vectors at once, so that one sum need not wait for the other.
  for (; c + 4 * lanes <= width; c += 4 * lanes) {
    auto first = hn::Zero(tag);
    auto second = first;
    auto third = first;
    auto fourth = first;
    for (std::int64_t j = 0; j < keys; ++j) {
      const float* row = value + j * stride + c;
      const auto weight = hn::Set(tag, weights[j]);
      first = hn::MulAdd(weight, hn::LoadU(tag, row), first);
      second = hn::MulAdd(weight, hn::LoadU(tag, row + lanes), second);
      third = hn::MulAdd(weight, hn::LoadU(tag, row + 2 * lanes), third);
      fourth = hn::MulAdd(weight, hn::LoadU(tag, row + 3 * lanes), fourth);
    }
    hn::StoreU(first, tag, result + c);
    hn::StoreU(second, tag, result + c + lanes);
    hn::StoreU(third, tag, result + c + 2 * lanes);
    hn::StoreU(fourth, tag, result + c + 3 * lanes);
  }
  for (; c < width; c += lanes) {
    auto sum = hn::Zero(tag);
    for (std::int64_t j = 0; j < keys; ++j)
      sum = hn::MulAdd(hn::Set(tag, weights[j]), hn::LoadU(tag, value + j * stride + c), sum);
    hn::StoreU(sum, tag, result + c);
  }
}

}  // namespace
}  // namespace attune::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <array>
#include <cmath>

#include "attention/attention_shapes.h"
#include "attention/task_loop.h"
#include "core/error.h"
#include "tensor/softmax.h"
#include "tensor/tensor.h"

namespace attune::attention {
namespace {

HWY_EXPORT(scores);
HWY_EXPORT(weighted_sum);

void check(const HeadsView<const float>& query, const HeadsView<const float>& key,
           const HeadsView<const float>& value, const HeadsView<float>& output) {
  const auto rows_of = [](const auto& view) {
    return std::array{view.batch(), view.heads(), view.width()};
  };
  const bool fits = rows_of(query) == rows_of(key) && key.shape == value.shape &&
                    query.shape == output.shape && few_queries_take_width(query.width()) &&
                    key.length() > 0;
  const bool side_by_side = query.strides[3] == 1 && key.strides[3] == 1 && value.strides[3] == 1 &&
                            output.strides[3] == 1;
  if (!fits || !side_by_side)
    throw Error(ErrorKind::kUsage, "attention of few queries: query " + text(query.shape) +
                                       ", key " + text(key.shape) + ", value " + text(value.shape) +
                                       ", output " + text(output.shape));
}

}  // namespace

void few_query_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                         const HeadsView<const float>& value, const HeadsView<float>& output) {
  check(query, key, value, output);
  const auto heads = query.batch() * query.heads();
  const auto queries = query.length();
  const auto keys = key.length();
  if (heads * queries == 0) return;
  tensor::Tensor weights({heads, queries, keys});
  const float scale = 1 / std::sqrt(static_cast<float>(query.width()));
  const double work = static_cast<double>(weights.size()) * static_cast<double>(query.width());
  const auto for_each_row = [&](auto&& f) {
    for_each_task(heads, work, [&](std::int64_t task) {
      const auto batch = task / query.heads();
      const auto head = task % query.heads();
      for (std::int64_t i = 0; i < queries; ++i)
        f(batch, head, i, weights.data() + (task * queries + i) * keys);
    });
  };
  for_each_row([&](std::int64_t batch, std::int64_t head, std::int64_t i, float* row) {
    HWY_DYNAMIC_DISPATCH(scores)
    (query.at(batch, head, i, 0), key.at(batch, head, 0, 0), key.strides[2], keys, query.width(),
     scale, row);
  });
  tensor::softmax(weights);
  for_each_row([&](std::int64_t batch, std::int64_t head, std::int64_t i, const float* row) {
    HWY_DYNAMIC_DISPATCH(weighted_sum)
    (row, value.at(batch, head, 0, 0), value.strides[2], keys, query.width(),
     output.at(batch, head, i, 0));
  });
}

}  // namespace attune::attention

#endif
