#include <cstddef>
#include <cstdint>
#include <string>

#include "captions/encoding.h"
#include "captions/formats.h"
#include "core/error.h"

/// The first byte chooses among the formats' file endings, or one of no format; decoding and
/// finding the format never fail but by Error, and what was decoded is UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::captions;
  if (size == 0) return 0;
  const std::size_t choice = data[0] % (formats().size() + 1);
  const std::string name =
      choice < formats().size() ? "file" + std::string(formats()[choice].extension) : "file";
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    const std::string text = decode_text(bytes);
    if (invalid_utf8(text)) __builtin_trap();
    const Format* format = format_of(name, text);
    if (format != nullptr && format->read != nullptr) format->read(text);
  } catch (const attune::Error&) {
  }
  return 0;
}
