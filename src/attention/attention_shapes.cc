#include "attention/attention_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace attune::attention {
namespace {

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
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < 4 && volume > 0; ++axis) {
    std::int64_t step = 0;
    if (__builtin_mul_overflow(view.shape[axis] - 1, view.strides[axis], &step) ||
        __builtin_add_overflow(last, step, &last) || last > INT64_MAX / 8) {
      reject(fmt::format("{} {} with strides {} reaches beyond any memory", name, text(view.shape),
                         text(view.strides)));
    }
  }
  if (volume > 0 && view.data == nullptr) {
    reject(fmt::format("{} {} has no data", name, text(view.shape)));
  }
}

// True where two elements of a view may be the same memory: axes of one element aside, each stride
// must step over everything that the smaller strides reach.
bool overlaps_itself(const HeadsView<float>& view) {
  if (std::ranges::find(view.shape, 0) != view.shape.end()) return false;
  std::array<std::size_t, 4> axes{0, 1, 2, 3};
  std::ranges::sort(axes, {}, [&](std::size_t axis) { return view.strides[axis]; });
  std::int64_t reach = 1;
  for (const std::size_t axis : axes) {
    if (view.shape[axis] == 1) continue;
    if (view.strides[axis] < reach) return true;
    if (__builtin_mul_overflow(view.strides[axis], view.shape[axis], &reach)) return true;
  }
  return false;
}

// `because` gives the reason of the expected shape; asked on failure only.
template <class Reason>
void check_written(std::string_view name, const HeadsView<float>& view, const Extents& expected,
                   Reason&& because) {
  check_view(name, view);
  if (view.shape != expected) {
    reject(fmt::format("{} {} should be {} {}", name, text(view.shape), text(expected), because()));
  }
  if (overlaps_itself(view)) {
    reject(fmt::format("{} {} with strides {} overlaps itself", name, text(view.shape),
                       text(view.strides)));
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

void check_relative_bias(const CrossAttentionOptions& options, const Extents& scores) {
  const RelativeBias& bias = options.relative_bias;
  if (bias.table.empty()) return;
  const auto size = static_cast<std::int64_t>(bias.table.size());
  if (scores[1] == 0 || size % scores[1] != 0) {
    reject(fmt::format("relative bias table of {} entries is not a multiple of {} heads", size,
                       scores[1]));
  }
  std::int64_t first = -(scores[2] - 1);
  std::int64_t last = scores[3] - 1;
  if (options.window && options.window->query_times.empty() && options.window->key_times.empty()) {
    first = std::max(first, -options.window->before);
    last = std::min(last, options.window->after);
  }
  const std::int64_t end = bias.first_offset + size / scores[1];
  if (scores[2] > 0 && scores[3] > 0 && first <= last &&
      (bias.first_offset > first || end <= last)) {
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

template <class T>
void check_length(std::string_view name, std::span<const T> values, std::int64_t expected,
                  std::string_view of) {
  if (values.empty() || static_cast<std::int64_t>(values.size()) == expected) return;
  reject(fmt::format("{} {} for {} {}", values.size(), name, expected, of));
}

void check_ascending(std::string_view name, std::span<const std::int64_t> times) {
  const auto down = std::ranges::adjacent_find(times, std::greater<>());
  if (down == times.end()) return;
  reject(fmt::format("{} descend at {}: {} is followed by {}", name, down - times.begin(), down[0],
                     down[1]));
}

void check_window(const KeyWindow& window, const Extents& scores) {
  check_window_width(window.before, window.after);
  check_length("query times", window.query_times, scores[2], "queries");
  check_length("key times", window.key_times, scores[3], "keys");
  check_ascending("query times", window.query_times);
  check_ascending("key times", window.key_times);
}

void check_groups(const AttentionReadout& readout, const Extents& scores) {
  if (readout.group_sums.data == nullptr) return;
  const std::int64_t groups = readout.group_sums.width();
  check_written("group sums", readout.group_sums, {scores[0], scores[1], scores[2], groups},
                [&] { return "for weights " + text(scores); });
  if (static_cast<std::int64_t>(readout.key_groups.size()) != scores[3])
    reject(fmt::format("{} groups of keys for {} keys", readout.key_groups.size(), scores[3]));
  for (const std::int32_t group : readout.key_groups) {
    if (group < 0 || group >= groups)
      reject(
          fmt::format("group {} of a key is not below the {} groups of the sums", group, groups));
  }
}

void check_offsets(const AttentionReadout& readout, const Extents& scores) {
  if (readout.offset_sums.data == nullptr) return;
  const std::int64_t rows = readout.offset_sums.length() == 1 ? 1 : scores[2];
  check_written("offset sums", readout.offset_sums,
                {scores[0], scores[1], rows, readout.offset_sums.width()},
                [&] { return "for weights " + text(scores); });
  check_length("query positions", readout.query_positions, scores[2], "queries");
  check_length("key positions", readout.key_positions, scores[3], "keys");
}

}  // namespace

std::string text(const Extents& shape) {
  return fmt::format("[{}, {}, {}, {}]", shape[0], shape[1], shape[2], shape[3]);
}

void check_window_width(std::int64_t before, std::int64_t after) {
  std::int64_t width = 0;
  if (__builtin_add_overflow(before, after, &width)) return;
  if (width < 0)
    reject(
        fmt::format("a window from {} before to {} after the query holds no key", before, after));
}

void check_options(const CrossAttentionOptions& options, const AttentionReadout& readout,
                   std::int64_t heads) {
  const Compression& compression = options.compression;
  const bool compressed = compression.stride != 0;
  if (options.kernel == Kernel::kWindowed && !options.window)
    reject("the windowed kernel needs a window");
  if (compressed != (options.kernel == Kernel::kCompressed) && options.kernel != Kernel::kAuto)
    reject(compressed ? fmt::format("the {} kernel does not compress", name(options.kernel))
                      : "the compressed kernel needs a stride of compression");
  if (!compressed) return;
  if (compression.stride < 0)
    reject(fmt::format("stride of compression {} is negative", compression.stride));
  if (!options.window) reject("compression needs the window in which keys stay exact");
  if (options.bias.data != nullptr || !options.relative_bias.table.empty() ||
      options.mask.data != nullptr)
    reject("compression goes neither with bias, relative bias nor mask");
  if (readout.weights.data != nullptr || readout.group_sums.data != nullptr ||
      readout.offset_sums.data != nullptr)
    reject("compression has no weights of single keys to read out");
  const auto entries = static_cast<std::int64_t>(compression.projection.size());
  std::int64_t expected = 0;
  if (entries != 0 &&
      (__builtin_mul_overflow(heads, compression.stride, &expected) || entries != expected))
    reject(fmt::format("projection of {} weights for {} heads and stride {}", entries, heads,
                       compression.stride));
}

template <class T>
void check_shapes(const HeadsView<const T>& query, const HeadsView<const T>& key,
                  const HeadsView<const T>& value, const HeadsView<float>& output,
                  const CrossAttentionOptions& options, const AttentionReadout& readout) {
  check_view("query", query);
  check_view("key", key);
  check_view("value", value);
  const auto pair = [&] {
    return fmt::format("query {} and key {}", text(query.shape), text(key.shape));
  };
  if (query.batch() != key.batch()) reject(pair() + " differ in batch");
  if (query.heads() != key.heads()) reject(pair() + " differ in heads");
  if (query.width() != key.width()) reject(pair() + " differ in width");
  if (query.width() == 0) reject(pair() + " have no width");
  if (value.batch() != key.batch() || value.heads() != key.heads() ||
      value.length() != key.length()) {
    reject(fmt::format("value {} and key {} differ in batch, heads or length", text(value.shape),
                       text(key.shape)));
  }
  const Extents scores{query.batch(), query.heads(), query.length(), key.length()};
  // Never stored, but counted.
  checked_volume("the matrix of weights", scores);
  check_written(
      "output", output, {query.batch(), query.heads(), query.length(), value.width()}, [&] {
        return fmt::format("for query {} and value {}", text(query.shape), text(value.shape));
      });
  if (readout.weights.data != nullptr)
    check_written("weights", readout.weights, scores, [&] { return "for " + pair(); });
  check_groups(readout, scores);
  check_offsets(readout, scores);
  check_broadcast("bias", options.bias, scores);
  check_broadcast("mask", options.mask, scores);
  if (options.window) check_window(*options.window, scores);
  check_relative_bias(options, scores);
  check_key_lengths(options.key_lengths, key.shape);
  check_options(options, readout, scores[1]);
}

template void check_shapes(const HeadsView<const float>&, const HeadsView<const float>&,
                           const HeadsView<const float>&, const HeadsView<float>&,
                           const CrossAttentionOptions&, const AttentionReadout&);
template void check_shapes(const HeadsView<const tensor::BFloat16>&,
                           const HeadsView<const tensor::BFloat16>&,
                           const HeadsView<const tensor::BFloat16>&, const HeadsView<float>&,
                           const CrossAttentionOptions&, const AttentionReadout&);

}  // namespace attune::attention
