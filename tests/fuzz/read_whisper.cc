#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"
#include "models/whisper/ggml_file.h"

namespace {

using attune::models::MappedFile;
using attune::models::whisper::GgmlFile;

/// A file in memory that the reader can map.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : file_(memfd_create("model", 0)) {
    if (file_ < 0 || write(file_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// The tensors of the corpus.
void read_tensors(const GgmlFile& file) {
  for (const char* name : {"f32", "f16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "t0", "t1", "t2"})
    for (const std::int64_t columns : {4, 32}) {
      try {
        std::vector<float> row(static_cast<std::size_t>(columns));
        file.row(name, 1, row);
        file.tensor(name, {2, columns});
      } catch (const attune::Error&) {
        continue;
      }
    }
}

}  // namespace

/// A model file is read or refused with Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const MemoryFile memory(data, size);
  try {
    const GgmlFile file(memory.path(), std::make_unique<const MappedFile>(memory.path()));
    read_tensors(file);
  } catch (const attune::Error&) {
    return 0;
  }
  return 0;
}
