#include "models/whisper/ggml_blocks.h"

#include <bit>
#include <cstring>

#include "tensor/float16.h"

namespace attune::models::whisper {
namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

constexpr std::int64_t kBlock = 32;

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

float load_half(const std::byte* from) {
  return tensor::Float16{load<std::uint16_t>(from)}.value();
}

/// Scale, minimum and integers of one block: value = scale * integer + offset.
struct Block {
  float scale = 0;
  float offset = 0;
  int integers[kBlock]{};
};

/// 16 bytes: the low halves are the first 16 integers, the high halves the others.
void unpack_nibbles(const std::byte* from, Block& block) {
  for (int i = 0; i < kBlock / 2; ++i) {
    const auto byte = std::to_integer<int>(from[i]);
    block.integers[i] = byte & 15;
    block.integers[i + kBlock / 2] = byte >> 4;
  }
}

void add_fifth_bits(std::uint32_t bits, Block& block) {
  for (int i = 0; i < kBlock; ++i) block.integers[i] |= static_cast<int>(bits >> i & 1) << 4;
}

Block read_block(GgmlType type, const std::byte* from) {
  Block block;
  block.scale = load_half(from);
  from += 2;
  const bool has_minimum = type == GgmlType::kQ4_1 || type == GgmlType::kQ5_1;
  if (has_minimum) {
    block.offset = load_half(from);
    from += 2;
  }
  switch (type) {
    case GgmlType::kQ8_0:
      for (int i = 0; i < kBlock; ++i) block.integers[i] = load<std::int8_t>(from + i);
      break;
    case GgmlType::kQ5_0:
    case GgmlType::kQ5_1:
      unpack_nibbles(from + 4, block);
      add_fifth_bits(load<std::uint32_t>(from), block);
      if (!has_minimum) block.offset = -16 * block.scale;
      break;
    default:
      unpack_nibbles(from, block);
      if (!has_minimum) block.offset = -8 * block.scale;
      break;
  }
  return block;
}

}  // namespace

std::optional<GgmlType> ggml_type(std::int32_t number) {
  for (const GgmlType type : {GgmlType::kF32, GgmlType::kF16, GgmlType::kQ4_0, GgmlType::kQ4_1,
                              GgmlType::kQ5_0, GgmlType::kQ5_1, GgmlType::kQ8_0})
    if (static_cast<std::int32_t>(type) == number) return type;
  return std::nullopt;
}

std::string_view name(GgmlType type) {
  switch (type) {
    case GgmlType::kF32:
      return "f32";
    case GgmlType::kF16:
      return "f16";
    case GgmlType::kQ4_0:
      return "q4_0";
    case GgmlType::kQ4_1:
      return "q4_1";
    case GgmlType::kQ5_0:
      return "q5_0";
    case GgmlType::kQ5_1:
      return "q5_1";
    case GgmlType::kQ8_0:
      return "q8_0";
  }
  return "unknown";
}

std::int64_t block_length(GgmlType type) {
  return type == GgmlType::kF32 || type == GgmlType::kF16 ? 1 : kBlock;
}

std::size_t block_bytes(GgmlType type) {
  switch (type) {
    case GgmlType::kF32:
      return 4;
    case GgmlType::kF16:
      return 2;
    case GgmlType::kQ4_0:
      return 2 + 16;
    case GgmlType::kQ4_1:
      return 2 + 2 + 16;
    case GgmlType::kQ5_0:
      return 2 + 4 + 16;
    case GgmlType::kQ5_1:
      return 2 + 2 + 4 + 16;
    case GgmlType::kQ8_0:
      break;
  }
  return 2 + 32;
}

void dequantise(GgmlType type, std::span<const std::byte> bytes, std::span<float> values) {
  const std::byte* from = bytes.data();
  if (type == GgmlType::kF32) {
    if (!values.empty()) std::memcpy(values.data(), from, values.size_bytes());
    return;
  }
  if (type == GgmlType::kF16) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = load_half(from + 2 * i);
    return;
  }
  for (std::size_t i = 0; i < values.size(); i += kBlock, from += block_bytes(type)) {
    const Block block = read_block(type, from);
    for (int k = 0; k < kBlock; ++k)
      values[i + k] = block.scale * static_cast<float>(block.integers[k]) + block.offset;
  }
}

}  // namespace attune::models::whisper
