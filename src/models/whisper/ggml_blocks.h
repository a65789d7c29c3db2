#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace attune::models::whisper {

/// How the ggml format stores numbers; the values are the format's own. The quantised types hold
/// blocks of 32 numbers, each with its own scale.
enum class GgmlType : std::int32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
};

/// Nothing where the format has no such type, or one that speech models do not use.
std::optional<GgmlType> ggml_type(std::int32_t number);

std::string_view name(GgmlType type);

/// Numbers that are stored together: 32, or 1.
std::int64_t block_length(GgmlType type);
std::size_t block_bytes(GgmlType type);

/// `bytes` are whole blocks, at any alignment, and hold as many numbers as `values`.
void dequantise(GgmlType type, std::span<const std::byte> bytes, std::span<float> values);

}  // namespace attune::models::whisper
