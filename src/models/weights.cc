#include "models/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/error.h"
#include "models/mapped_file.h"
#include "models/onnx.h"
#include "models/safetensors.h"
#include "models/torch_zip.h"
#include "tensor/bfloat16.h"
#include "tensor/float16.h"

namespace attune::models {
namespace {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian");

template <class Source, class Convert>
void convert(std::span<const std::byte> bytes, std::span<float> values, Convert&& to_float) {
  const std::byte* from = bytes.data();
  for (float& value : values) {
    Source source;
    std::memcpy(&source, from, sizeof(Source));
    value = static_cast<float>(to_float(source));
    from += sizeof(Source);
  }
}

/// `values` holds as many as `bytes`.
void to_float32(DataType type, std::span<const std::byte> bytes, std::span<float> values) {
  const auto plain = [](auto value) { return value; };
  switch (type) {
    case DataType::kFloat32:
      convert<float>(bytes, values, plain);
      break;
    case DataType::kFloat64:
      convert<double>(bytes, values, plain);
      break;
    case DataType::kFloat16:
      convert<std::uint16_t>(bytes, values,
                             [](auto bits) { return tensor::Float16{bits}.value(); });
      break;
    case DataType::kBfloat16:
      convert<std::uint16_t>(bytes, values,
                             [](auto bits) { return tensor::BFloat16{bits}.value(); });
      break;
    case DataType::kInt64:
      convert<std::int64_t>(bytes, values, plain);
      break;
    case DataType::kInt32:
      convert<std::int32_t>(bytes, values, plain);
      break;
    case DataType::kInt8:
      convert<std::int8_t>(bytes, values, plain);
      break;
    case DataType::kUint8:
      convert<std::uint8_t>(bytes, values, plain);
      break;
  }
}

tensor::Tensor to_float32(const StoredTensor& stored) {
  tensor::Tensor result(stored.shape);
  to_float32(stored.type, stored.bytes, result.values());
  return result;
}

WeightContent read(const std::shared_ptr<const MappedFile>& file) {
  const auto bytes = file->bytes();
  if (looks_like_safetensors(bytes)) return read_safetensors(bytes);
  if (looks_like_zip(bytes)) return read_torch_zip(bytes);
  if (looks_like_onnx(bytes)) return read_onnx(bytes);
  throw Error(ErrorKind::kModel,
              "neither safetensors nor a PyTorch zip checkpoint nor an ONNX model");
}

}  // namespace

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::kFloat64:
    case DataType::kInt64:
      return 8;
    case DataType::kFloat32:
    case DataType::kInt32:
      return 4;
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return 2;
    case DataType::kInt8:
    case DataType::kUint8:
      break;
  }
  return 1;
}

std::optional<std::size_t> checked_volume(const tensor::Shape& shape) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 40;
  std::int64_t result = 1;
  for (const auto extent : shape) {
    if (extent < 0) return std::nullopt;
    if (extent == 0) return 0;
    if (result > kLargest / extent) return std::nullopt;
    result *= extent;
  }
  return static_cast<std::size_t>(result);
}

WeightFile::WeightFile(std::filesystem::path path, WeightContent content)
    : path_(std::move(path)), content_(std::make_shared<const WeightContent>(std::move(content))) {}

WeightFile WeightFile::open(const std::filesystem::path& path) {
  const auto file = std::make_shared<const MappedFile>(path);
  try {
    WeightContent content = read(file);
    content.owners.push_back(file);
    return {path, std::move(content)};
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

std::vector<std::string> WeightFile::names() const {
  std::vector<std::string> result;
  for (const auto& [name, stored] : content_->tensors) result.push_back(name);
  return result;
}

const StoredTensor& WeightFile::stored(const std::string& name) const {
  const auto found = content_->tensors.find(name);
  if (found == content_->tensors.end())
    fail(fmt::format("the file has no tensor \"{}\"; it belongs to another network", name));
  return found->second;
}

tensor::Tensor WeightFile::tensor(const std::string& name) const {
  return to_float32(stored(name));
}

tensor::Tensor WeightFile::tensor(const std::string& name, const tensor::Shape& expected) const {
  const StoredTensor& found = stored(name);
  const auto matches = [](auto want, auto have) { return want == -1 || want == have; };
  if (!std::equal(expected.begin(), expected.end(), found.shape.begin(), found.shape.end(),
                  matches))
    fail(fmt::format("tensor \"{}\" has shape {} where {} is needed", name,
                     tensor::to_string(found.shape), tensor::to_string(expected)));
  return to_float32(found);
}

void WeightFile::row(const std::string& name, std::int64_t index, std::span<float> values) const {
  const StoredTensor& matrix = stored(name);
  const auto columns = static_cast<std::int64_t>(values.size());
  if (matrix.shape.size() != 2 || matrix.shape[1] != columns || index < 0 ||
      index >= matrix.shape[0])
    fail(fmt::format("tensor \"{}\" of shape {} has no row {} of {} values", name,
                     tensor::to_string(matrix.shape), index, columns));
  const std::size_t bytes = values.size() * size_of(matrix.type);
  to_float32(matrix.type, matrix.bytes.subspan(static_cast<std::size_t>(index) * bytes, bytes),
             values);
}

void WeightFile::fail(const std::string& message) const {
  throw Error(ErrorKind::kModel, path_.string() + ": " + message);
}

}  // namespace attune::models
