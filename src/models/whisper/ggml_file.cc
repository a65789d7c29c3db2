#include "models/whisper/ggml_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "models/weights.h"
#include "models/whisper/log_mel.h"

namespace attune::models::whisper {
namespace {

constexpr std::uint32_t kMagic = 0x67676d6c;
constexpr std::size_t kLongestName = 256;
constexpr int kMostAxes = 4;

tensor::Shape without_ones(tensor::Shape shape) {
  std::erase(shape, 1);
  return shape;
}

/// Names what is being read, for the message when it is not all there.
struct Item {
  std::string_view name;
  /// Counts items of one name; negative: there is but one.
  std::int64_t number = -1;

  std::string text() const {
    return number < 0 ? std::string(name) : fmt::format("{} {}", name, number);
  }
};

}  // namespace

/// What is left of the file. Every read is held against it first.
class GgmlFile::Reader {
 public:
  Reader(const GgmlFile& file, std::span<const std::byte> bytes)
      : file_(file), bytes_(bytes), rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::size_t position() const { return bytes_.size() - rest_.size(); }

  std::span<const std::byte> take(std::size_t count, const Item& what) {
    if (count > rest_.size())
      file_.fail(fmt::format("truncated: {} at byte {} takes {} bytes, and the file has {} more",
                             what.text(), position(), count, rest_.size()));
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::int32_t number(const Item& what) {
    std::int32_t value = 0;
    std::memcpy(&value, take(sizeof(value), what).data(), sizeof(value));
    return value;
  }

  std::string text(std::size_t length, const Item& what) {
    const auto bytes = take(length, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  const GgmlFile& file_;
  std::span<const std::byte> bytes_;
  std::span<const std::byte> rest_;
};

bool looks_like_ggml(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0;
  if (bytes.size() < sizeof(magic)) return false;
  std::memcpy(&magic, bytes.data(), sizeof(magic));
  return magic == kMagic;
}

GgmlFile::GgmlFile(std::filesystem::path path, std::unique_ptr<const MappedFile> file)
    : ModelFile(std::move(path)), file_(std::move(file)) {
  Reader reader(*this, file_->bytes());
  reader.number({"the magic number"});
  read_dimensions(reader);
  read_filters(reader);
  read_vocabulary(reader);
  while (!reader.at_end()) read_tensor(reader);
}

void GgmlFile::read_dimensions(Reader& reader) {
  Dimensions& d = dimensions_;
  for (int* size :
       {&d.vocabulary, &d.audio_context, &d.audio_width, &d.audio_heads, &d.audio_layers,
        &d.text_context, &d.text_width, &d.text_heads, &d.text_layers, &d.mel_bands})
    *size = reader.number({"the header"});
  reader.number({"the header"});  // the type of most tensors; each names its own
  check_dimensions();
}

void GgmlFile::read_filters(Reader& reader) {
  const std::int32_t bands = reader.number({"the mel filters' size"});
  const std::int32_t bins = reader.number({"the mel filters' size"});
  if (bands != dimensions_.mel_bands || bins != kSpectrumBins)
    fail(fmt::format("damaged: mel filters [{}, {}] where the header asks for [{}, {}]", bands,
                     bins, dimensions_.mel_bands, kSpectrumBins));
  const tensor::Shape shape{bands, bins};
  const auto bytes = reader.take(tensor::volume(shape) * sizeof(float), {"the mel filters"});
  mel_filters_ = tensor::Tensor(shape);
  std::memcpy(mel_filters_.data(), bytes.data(), bytes.size());
}

void GgmlFile::read_vocabulary(Reader& reader) {
  const std::int32_t count = reader.number({"the vocabulary's count"});
  if (count < 1 || count > dimensions_.vocabulary)
    fail(fmt::format("damaged: a vocabulary of {} entries where the header has {} tokens", count,
                     dimensions_.vocabulary));
  for (std::int32_t token = 0; token < count; ++token) {
    const Item what{"vocabulary token", token};
    const auto length = static_cast<std::uint32_t>(reader.number(what));
    vocabulary_.push_back(reader.text(length, what));
  }
}

void GgmlFile::read_tensor(Reader& reader) {
  const Item header{"the header of tensor", static_cast<std::int64_t>(tensors_.size())};
  const std::size_t begin = reader.position();
  const std::int32_t axes = reader.number(header);
  const std::int32_t name_length = reader.number(header);
  const std::int32_t type_number = reader.number(header);
  if (axes < 1 || axes > kMostAxes || name_length < 1 ||
      static_cast<std::size_t>(name_length) > kLongestName)
    fail(fmt::format("damaged: {} at byte {} tells of {} axes and a name of {} bytes",
                     header.text(), begin, axes, name_length));
  Stored stored;
  for (int axis = 0; axis < axes; ++axis) stored.shape.push_back(reader.number(header));
  std::reverse(stored.shape.begin(), stored.shape.end());
  const std::string name = reader.text(name_length, header);

  const auto type = ggml_type(type_number);
  if (!type)
    fail(
        fmt::format("tensor \"{}\" has type {}, which is none of f32, f16, q4_0, q4_1, q5_0, "
                    "q5_1 and q8_0",
                    name, type_number));
  stored.type = *type;
  const auto elements = checked_volume(stored.shape);
  if (!elements || *elements == 0 || stored.shape.back() % block_length(*type) != 0)
    fail(fmt::format("damaged: tensor \"{}\" of type {} has shape {}", name, whisper::name(*type),
                     tensor::to_string(stored.shape)));
  stored.bytes = reader.take(*elements / block_length(*type) * block_bytes(*type),
                             {fmt::format("tensor \"{}\"", name)});
  if (!tensors_.emplace(name, std::move(stored)).second)
    fail(fmt::format("damaged: tensor \"{}\" is there twice", name));
}

const GgmlFile::Stored& GgmlFile::stored(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    fail(fmt::format("the file has no tensor \"{}\": it is truncated or of another network", name));
  return found->second;
}

tensor::Tensor GgmlFile::tensor(const std::string& name, const tensor::Shape& shape) const {
  const Stored& found = stored(name);
  if (without_ones(found.shape) != without_ones(shape))
    fail(fmt::format("tensor \"{}\" has shape {} where {} is needed", name,
                     tensor::to_string(found.shape), tensor::to_string(shape)));
  tensor::Tensor result(shape);
  dequantise(found.type, found.bytes, result.values());
  MappedFile::let_go(found.bytes);
  return result;
}

void GgmlFile::row(const std::string& name, std::int64_t index, std::span<float> row) const {
  const Stored& found = stored(name);
  const auto columns = static_cast<std::int64_t>(row.size());
  if (found.shape.size() != 2 || found.shape[1] != columns || index < 0 || index >= found.shape[0])
    fail(fmt::format("tensor \"{}\" of shape {} has no row {} of {} values", name,
                     tensor::to_string(found.shape), index, columns));
  const std::size_t bytes = columns / block_length(found.type) * block_bytes(found.type);
  dequantise(found.type, found.bytes.subspan(index * bytes, bytes), row);
}

}  // namespace attune::models::whisper
