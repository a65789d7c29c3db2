#include "attention/attention_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/error.h"

namespace attune::attention {

namespace {

using Extents = std::array<std::int64_t, 4>;

std::string text(const Extents& shape) {
  return fmt::format("[{}, {}, {}, {}]", shape[0], shape[1], shape[2], shape[3]);
}

[[noreturn]] void reject(const std::string& message) {
  throw Error(ErrorKind::kUsage, "cross-attention: " + message);
}

// The number of elements, having checked that it can be counted and addressed.
std::int64_t checked_volume(std::string_view name, const Extents& shape) {
  std::int64_t volume = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) reject(fmt::format("{} {} has a negative extent", name, text(shape)));
  }
  for (const std::int64_t extent : shape) {
    if (extent == 0) return 0;
  }
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(volume, extent, &volume) || volume > INT64_MAX / 8) {
      reject(fmt::format("{} {} has more elements than memory can hold", name, text(shape)));
    }
  }
  return volume;
}

template <class T>
void check_view(std::string_view name, const HeadsView<T>& view) {
  const std::int64_t volume = checked_volume(name, view.shape);
  for (const std::int64_t stride : view.strides) {
    if (stride < 0) {
      reject(fmt::format("{} {} has a negative stride: {}", name, text(view.shape),
                         text(view.strides)));
    }
  }
  if (volume > 0 && view.data == nullptr) {
    reject(fmt::format("{} {} has no data", name, text(view.shape)));
  }
}

// An output whose elements share memory would keep only the one written last.
void check_written(std::string_view name, const HeadsView<float>& view, const Extents& expected,
                   const std::string& because) {
  check_view(name, view);
  if (view.shape != expected) {
    reject(fmt::format("{} {} should be {} {}", name, text(view.shape), text(expected), because));
  }
  const bool empty = std::ranges::find(view.shape, 0) != view.shape.end();
  for (std::size_t axis = 0; axis < 4; ++axis) {
    if (!empty && view.shape[axis] > 1 && view.strides[axis] == 0) {
      reject(fmt::format("{} {} with strides {} overlaps itself", name, text(view.shape),
                         text(view.strides)));
    }
  }
}

template <class T>
void check_broadcast(std::string_view name, const HeadsView<const T>& view, const Extents& scores) {
  if (view.data == nullptr) return;
  check_view(name, view);
  for (std::size_t axis = 0; axis < 4; ++axis) {
    if (view.shape[axis] != scores[axis] && view.shape[axis] != 1) {
      reject(
          fmt::format("{} {} does not fit the weights {}", name, text(view.shape), text(scores)));
    }
  }
}

void check_relative_bias(const RelativeBias& bias, const Extents& scores) {
  if (bias.table.empty()) return;
  const auto size = static_cast<std::int64_t>(bias.table.size());
  if (scores[1] == 0 || size % scores[1] != 0) {
    reject(fmt::format("relative bias table of {} entries is not a multiple of {} heads", size,
                       scores[1]));
  }
  const std::int64_t first = -(scores[2] - 1);
  const std::int64_t last = scores[3] - 1;
  const std::int64_t end = bias.first_offset + size / scores[1];
  if (scores[2] > 0 && scores[3] > 0 && (bias.first_offset > first || end <= last)) {
    reject(
        fmt::format("relative bias table covers the offsets {} to {}, but query length {} and "
                    "key length {} need {} to {}",
                    bias.first_offset, end - 1, scores[2], scores[3], first, last));
  }
}

void check_key_lengths(std::span<const std::int64_t> lengths, const Extents& key) {
  if (lengths.empty()) return;
  if (static_cast<std::int64_t>(lengths.size()) != key[0]) {
    reject(fmt::format("{} key lengths for key {}", lengths.size(), text(key)));
  }
  for (const std::int64_t length : lengths) {
    if (length < 0 || length > key[2]) {
      reject(fmt::format("key length {} is not within key {}", length, text(key)));
    }
  }
}

}  // namespace

void check_shapes(const HeadsView<const float>& query, const HeadsView<const float>& key,
                  const HeadsView<const float>& value, const HeadsView<float>& output,
                  const CrossAttentionOptions& options, const HeadsView<float>& weights) {
  check_view("query", query);
  check_view("key", key);
  check_view("value", value);
  const std::string pair = fmt::format("query {} and key {}", text(query.shape), text(key.shape));
  if (query.batch() != key.batch()) reject(pair + " differ in batch");
  if (query.heads() != key.heads()) reject(pair + " differ in heads");
  if (query.width() != key.width()) reject(pair + " differ in width");
  if (query.width() == 0) reject(pair + " have no width");
  if (value.batch() != key.batch() || value.heads() != key.heads() ||
      value.length() != key.length()) {
    reject(fmt::format("value {} and key {} differ in batch, heads or length", text(value.shape),
                       text(key.shape)));
  }
  const Extents scores{query.batch(), query.heads(), query.length(), key.length()};
  checked_volume("the matrix of weights", scores);
  check_written("output", output, {query.batch(), query.heads(), query.length(), value.width()},
                fmt::format("for query {} and value {}", text(query.shape), text(value.shape)));
  if (weights.data != nullptr) check_written("weights", weights, scores, "for " + pair);
  check_broadcast("bias", options.bias, scores);
  check_broadcast("mask", options.mask, scores);
  check_relative_bias(options.relative_bias, scores);
  check_key_lengths(options.key_lengths, key.shape);
}

}  // namespace attune::attention
