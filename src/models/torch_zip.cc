#include "models/torch_zip.h"

#include <fmt/format.h>
#include <zip.h>

#include "core/error.h"
#include "models/pickle.h"

namespace attune::models {
namespace {

using Buffer = std::vector<std::byte>;

class ZipArchive {
 public:
  explicit ZipArchive(std::span<const std::byte> bytes) : size_(bytes.size()) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source != nullptr) archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (source != nullptr && archive_ == nullptr) zip_source_free(source);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    if (archive_ == nullptr)
      throw Error(ErrorKind::kModel,
                  fmt::format("damaged zip archive ({}); the file may be truncated", why));
  }
  ~ZipArchive() { zip_discard(archive_); }
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  /// The folder that all entries share: "archive/" for "archive/data.pkl".
  std::string root() const {
    const zip_int64_t entries = zip_get_num_entries(archive_, 0);
    for (zip_int64_t i = 0; i < entries; ++i) {
      const char* name = zip_get_name(archive_, static_cast<zip_uint64_t>(i), 0);
      const std::string_view view = name == nullptr ? "" : name;
      if (view.ends_with("/data.pkl")) return std::string(view.substr(0, view.size() - 8));
    }
    throw Error(ErrorKind::kModel, "a zip archive, but no PyTorch checkpoint: it has no data.pkl");
  }

  Buffer read(const std::string& name) const {
    zip_stat_t status;
    zip_stat_init(&status);
    if (zip_stat(archive_, name.c_str(), 0, &status) != 0)
      throw Error(ErrorKind::kModel, fmt::format("damaged: the archive lacks {}", name));
    // PyTorch stores without compression; then no entry can be larger than the file.
    if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE ||
        status.size != status.comp_size)
      throw Error(ErrorKind::kModel,
                  fmt::format("entry {} is compressed, which no PyTorch checkpoint is", name));
    if (status.size > size_)
      throw Error(ErrorKind::kModel, fmt::format("damaged: entry {} exceeds the file", name));
    zip_file_t* file = zip_fopen(archive_, name.c_str(), 0);
    if (file == nullptr) unreadable(name);
    Buffer buffer(status.size);
    const zip_int64_t got = zip_fread(file, buffer.data(), buffer.size());
    std::byte past_the_end{};  // reaching the end is what makes libzip compare the checksum
    const zip_int64_t rest = zip_fread(file, &past_the_end, 1);
    zip_fclose(file);
    if (got != static_cast<zip_int64_t>(buffer.size()) || rest != 0) unreadable(name);
    return buffer;
  }

 private:
  [[noreturn]] static void unreadable(const std::string& name) {
    throw Error(ErrorKind::kModel,
                fmt::format("damaged: entry {} cannot be read or its checksum is wrong", name));
  }

  std::size_t size_;
  zip_t* archive_ = nullptr;
};

bool is_row_major(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (auto axis = tensor.shape.size(); axis-- > 0;) {
    if (tensor.shape[axis] > 1 && tensor.strides[axis] != expected) return false;
    expected *= tensor.shape[axis];
  }
  return true;
}

StoredTensor window(const std::string& name, const PickledTensor& tensor, const Buffer& storage) {
  const auto size = size_of(tensor.type);
  const auto elements = checked_volume(tensor.shape);
  if (!elements || tensor.strides.size() != tensor.shape.size() || tensor.offset < 0 ||
      static_cast<std::uint64_t>(tensor.offset) + *elements > storage.size() / size)
    throw Error(ErrorKind::kModel,
                fmt::format("damaged: tensor \"{}\" of shape {} does not fit its storage of {} "
                            "bytes",
                            name, tensor::to_string(tensor.shape), storage.size()));
  if (!is_row_major(tensor))
    throw Error(
        ErrorKind::kModel,
        fmt::format("tensor \"{}\" is not stored row by row, which is not supported", name));
  const auto begin = static_cast<std::size_t>(tensor.offset) * size;
  return {tensor.type, tensor.shape,
          std::span<const std::byte>(storage).subspan(begin, *elements * size)};
}

}  // namespace

bool looks_like_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && bytes[0] == std::byte{'P'} && bytes[1] == std::byte{'K'} &&
         bytes[2] == std::byte{3} && bytes[3] == std::byte{4};
}

WeightContent read_torch_zip(std::span<const std::byte> bytes) {
  const ZipArchive archive(bytes);
  const std::string root = archive.root();
  std::map<std::string, std::shared_ptr<const Buffer>> storages;
  WeightContent content;
  for (const auto& [name, tensor] : read_pickled_tensors(archive.read(root + "data.pkl"))) {
    auto& storage = storages[tensor.storage];
    if (!storage) {
      storage = std::make_shared<const Buffer>(archive.read(root + "data/" + tensor.storage));
      content.owners.push_back(storage);
    }
    content.tensors.emplace(name, window(name, tensor, *storage));
  }
  if (content.tensors.empty())
    throw Error(ErrorKind::kModel, "the checkpoint holds no tensors by name");
  return content;
}

}  // namespace attune::models
