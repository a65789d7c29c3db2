#include "models/onnx.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <functional>
#include <limits>

#include "core/error.h"

namespace attune::models {
namespace {

using Bytes = std::span<const std::byte>;

[[noreturn]] void damaged(const std::string& what) {
  throw Error(ErrorKind::kModel, "damaged: " + what);
}

// One field of a message: a number for the integer wire types, bytes for the others.
struct Field {
  int number = 0;
  std::uint64_t value = 0;
  Bytes bytes;
  bool is_bytes = false;
};

Bytes take(google::protobuf::io::CodedInputStream& stream, std::uint32_t length) {
  const void* data = nullptr;
  int available = 0;
  if (length == 0) return {};
  if (!stream.GetDirectBufferPointer(&data, &available) ||
      static_cast<std::uint32_t>(available) < length)
    damaged("a field is longer than what holds it; the file may be truncated");
  stream.Skip(static_cast<int>(length));
  return {static_cast<const std::byte*>(data), length};
}

void for_each_field(Bytes message, const std::function<void(const Field&)>& visit) {
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const std::uint8_t*>(message.data()), static_cast<int>(message.size()));
  while (static_cast<std::size_t>(stream.CurrentPosition()) < message.size()) {
    std::uint32_t tag = 0;
    std::uint32_t length = 0;
    if (!stream.ReadVarint32(&tag) || tag >> 3 == 0) damaged("a field has no number");
    Field field;
    field.number = static_cast<int>(tag >> 3);
    switch (tag & 7U) {
      case 0:
        if (!stream.ReadVarint64(&field.value)) damaged("a number is cut short");
        break;
      case 1:
        field.bytes = take(stream, 8);
        field.is_bytes = true;
        break;
      case 2:
        if (!stream.ReadVarint32(&length)) damaged("a length is cut short");
        field.bytes = take(stream, length);
        field.is_bytes = true;
        break;
      case 5:
        field.bytes = take(stream, 4);
        field.is_bytes = true;
        break;
      default:
        damaged(fmt::format("field {} is of a kind that does not exist", field.number));
    }
    visit(field);
  }
}

std::string text(const Field& field) {
  return {reinterpret_cast<const char*>(field.bytes.data()), field.bytes.size()};
}

// Repeated integers come one by one or packed.
void append_integers(const Field& field, tensor::Shape& to) {
  if (!field.is_bytes) {
    to.push_back(static_cast<std::int64_t>(field.value));
    return;
  }
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const std::uint8_t*>(field.bytes.data()),
      static_cast<int>(field.bytes.size()));
  std::uint64_t value = 0;
  while (static_cast<std::size_t>(stream.CurrentPosition()) < field.bytes.size()) {
    if (!stream.ReadVarint64(&value)) damaged("a dimension is cut short");
    to.push_back(static_cast<std::int64_t>(value));
  }
}

std::optional<DataType> data_type(std::uint64_t onnx) {
  switch (onnx) {  // TensorProto.DataType
    case 1:
      return DataType::kFloat32;
    case 2:
      return DataType::kUint8;
    case 3:
      return DataType::kInt8;
    case 6:
      return DataType::kInt32;
    case 7:
      return DataType::kInt64;
    case 10:
      return DataType::kFloat16;
    case 11:
      return DataType::kFloat64;
    case 16:
      return DataType::kBfloat16;
    default:
      return std::nullopt;
  }
}

void read_initialiser(Bytes message, WeightContent& content) {
  std::string name;
  StoredTensor stored;
  std::uint64_t type = 0;
  bool elsewhere = false;
  for_each_field(message, [&](const Field& field) {
    switch (field.number) {  // TensorProto
      case 1:
        append_integers(field, stored.shape);
        break;
      case 2:
        type = field.value;
        break;
      case 4:  // float_data, packed: the same bytes as raw_data
      case 9:
        stored.bytes = field.bytes;
        break;
      case 8:
        name = text(field);
        break;
      case 14:
        elsewhere = field.value != 0;
        break;
      default:
        break;
    }
  });
  const auto known = data_type(type);
  if (!known)
    throw Error(
        ErrorKind::kModel,
        fmt::format("initialiser \"{}\" has element type {}, which is not supported", name, type));
  if (elsewhere)
    throw Error(
        ErrorKind::kModel,
        fmt::format("initialiser \"{}\" lies in another file, which is not supported", name));
  stored.type = *known;
  const auto elements = checked_volume(stored.shape);
  if (!elements || *elements * size_of(stored.type) != stored.bytes.size())
    damaged(fmt::format("initialiser \"{}\" of shape {} has {} bytes", name,
                        tensor::to_string(stored.shape), stored.bytes.size()));
  content.tensors.insert_or_assign(name, std::move(stored));
}

OnnxNode read_node(Bytes message) {
  OnnxNode node;
  for_each_field(message, [&](const Field& field) {
    if (field.number == 1) node.inputs.push_back(text(field));
    if (field.number == 2) node.outputs.push_back(text(field));
    if (field.number == 4) node.operation = text(field);
  });
  return node;
}

}  // namespace

bool looks_like_onnx(Bytes bytes) {
  return !bytes.empty() && bytes[0] == std::byte{0x08};
}

WeightContent read_onnx(Bytes bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw Error(ErrorKind::kModel, "an ONNX model above 2 GiB is not supported");
  Bytes graph;
  for_each_field(bytes, [&](const Field& field) {
    if (field.number == 7) graph = field.bytes;  // ModelProto.graph
  });
  if (graph.empty()) damaged("the model has no graph");
  WeightContent content;
  for_each_field(graph, [&](const Field& field) {
    if (field.number == 1) content.nodes.push_back(read_node(field.bytes));
    if (field.number == 5) read_initialiser(field.bytes, content);
  });
  return content;
}

}  // namespace attune::models
