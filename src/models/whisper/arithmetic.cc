#include "models/whisper/arithmetic.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tensor/processor.h"

namespace attune::models::whisper {

tensor::Precision arithmetic(std::string_view name) {
  using tensor::Precision;
  if (name == "auto") return tensor::has_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  if (name == "f32") return Precision::kFloat32;
  if (name == "bf16" && !tensor::has_bfloat16())
    throw Error(ErrorKind::kUsage,
                "arithmetic \"bf16\": this processor does not multiply bfloat16; take auto");
  if (name == "bf16") return Precision::kBFloat16;
  if (name == "int8") return Precision::kInt8;
  throw Error(ErrorKind::kUsage,
              fmt::format("arithmetic \"{}\" is none of auto, f32, bf16 and int8", name));
}

}  // namespace attune::models::whisper
