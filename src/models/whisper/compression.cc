#include "models/whisper/compression.h"

#include <zlib.h>

#include <vector>

#include "core/error.h"

namespace attune::models::whisper {

double compression_ratio(std::string_view text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::vector<Bytef> compressed(size);
  if (compress(compressed.data(), &size, reinterpret_cast<const Bytef*>(text.data()),
               static_cast<uLong>(text.size())) != Z_OK)
    throw Error(ErrorKind::kInternal, "zlib cannot compress a text");
  return static_cast<double>(text.size()) / static_cast<double>(size);
}

}  // namespace attune::models::whisper
