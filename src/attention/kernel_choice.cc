#include "attention/kernel_choice.h"

namespace attune::attention {

std::string_view name(Kernel kernel) {
  switch (kernel) {
    case Kernel::kAuto:
      return "auto";
    case Kernel::kExact:
      return "exact";
    case Kernel::kTiled:
      return "tiled";
    case Kernel::kWindowed:
      return "windowed";
    case Kernel::kCompressed:
      return "compressed";
  }
  return "unknown";
}

namespace {

bool holds_every_key(const KeyWindow& window, std::int64_t queries, std::int64_t keys) {
  const auto first = [](std::span<const std::int64_t> times) {
    return times.empty() ? 0 : times.front();
  };
  const auto last = [](std::span<const std::int64_t> times, std::int64_t length) {
    return times.empty() ? length - 1 : times.back();
  };
  if (queries == 0 || keys == 0) return false;
  std::int64_t back = 0;
  std::int64_t ahead = 0;
  return !__builtin_sub_overflow(last(window.query_times, queries), first(window.key_times),
                                 &back) &&
         !__builtin_sub_overflow(last(window.key_times, keys), first(window.query_times), &ahead) &&
         back <= window.before && ahead <= window.after;
}

}  // namespace

KernelChoice choose_kernel(const CrossAttentionOptions& options, std::int64_t queries,
                           std::int64_t keys) {
  if (options.kernel != Kernel::kAuto) return {options.kernel, false, "asked for"};
  if (options.window && holds_every_key(*options.window, queries, keys))
    return {Kernel::kTiled, true, "the window of every query holds every key"};
  if (options.compression.stride == 1 && options.compression.projection.empty())
    return {Kernel::kTiled, true, "cells of one key are the keys themselves"};
  if (options.compression.stride != 0)
    return {Kernel::kCompressed, false, "there is a stride of compression"};
  if (options.window) return {Kernel::kWindowed, false, "windows are shorter than the keys"};
  return {Kernel::kTiled, false, "every query sees every key"};
}

}  // namespace attune::attention
