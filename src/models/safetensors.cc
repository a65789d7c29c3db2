#include "models/safetensors.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace attune::models {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;

std::uint64_t header_length(std::span<const std::byte> bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  return length;
}

DataType data_type(const std::string& name, const std::string& dtype) {
  static const std::map<std::string, DataType> types{
      {"F64", DataType::kFloat64},   {"F32", DataType::kFloat32}, {"F16", DataType::kFloat16},
      {"BF16", DataType::kBfloat16}, {"I64", DataType::kInt64},   {"I32", DataType::kInt32},
      {"I8", DataType::kInt8},       {"U8", DataType::kUint8},    {"BOOL", DataType::kUint8}};
  const auto found = types.find(dtype);
  if (found == types.end())
    throw Error(ErrorKind::kModel,
                fmt::format("tensor \"{}\" has type {}, which is not supported", name, dtype));
  return found->second;
}

StoredTensor stored_tensor(const std::string& name, const json& entry,
                           std::span<const std::byte> data) {
  StoredTensor stored;
  stored.type = data_type(name, entry.at("dtype").get<std::string>());
  stored.shape = entry.at("shape").get<tensor::Shape>();
  const auto& offsets = entry.at("data_offsets");
  const auto begin = offsets.at(0).get<std::uint64_t>();
  const auto end = offsets.at(1).get<std::uint64_t>();
  if (begin > end || end > data.size())
    throw Error(ErrorKind::kModel,
                fmt::format("damaged: tensor \"{}\" lies at bytes {} to {} of {}; the file may be "
                            "truncated",
                            name, begin, end, data.size()));
  const auto elements = checked_volume(stored.shape);
  if (!elements || *elements * size_of(stored.type) != end - begin)
    throw Error(ErrorKind::kModel, fmt::format("damaged: tensor \"{}\" of shape {} has {} bytes",
                                               name, tensor::to_string(stored.shape), end - begin));
  stored.bytes = data.subspan(begin, end - begin);
  return stored;
}

}  // namespace

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > kLengthBytes && bytes[kLengthBytes] == std::byte{'{'} &&
         header_length(bytes) <= kLongestHeader;
}

WeightContent read_safetensors(std::span<const std::byte> bytes) {
  const auto length = header_length(bytes);
  if (length > bytes.size() - kLengthBytes)
    throw Error(ErrorKind::kModel,
                fmt::format("damaged: a header of {} bytes in a file of {}; it may be truncated",
                            length, bytes.size()));
  const auto* text = reinterpret_cast<const char*>(bytes.data()) + kLengthBytes;
  const auto data = bytes.subspan(kLengthBytes + length);
  WeightContent content;
  try {
    const json header = json::parse(text, text + length);
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__")
        content.metadata = entry.get<std::map<std::string, std::string>>();
      else
        content.tensors.emplace(name, stored_tensor(name, entry, data));
    }
  } catch (const json::exception& error) {
    throw Error(
        ErrorKind::kModel,
        fmt::format("damaged: the header is not what safetensors asks for ({})", error.what()));
  }
  return content;
}

}  // namespace attune::models
