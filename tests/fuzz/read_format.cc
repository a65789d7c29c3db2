#include <cstddef>
#include <cstdint>
#include <string>

#include "captions/formats.h"
#include "core/error.h"

/// A reader either understands a file or throws Error; what it understood can be written, and what
/// was written can be read and has as many captions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune;
  static const captions::Format& format = *captions::find_format(ATTUNE_FUZZ_FORMAT);
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  captions::Result result;
  try {
    result = format.read(content);
  } catch (const Error&) {
    return 0;
  }
  const std::size_t again = format.read(format.write(result)).captions.size();
  if (again < result.captions.size() && result.captions.front().span.start >= Timestamp::zero())
    __builtin_trap();
  return 0;
}
