#include "models/active_speaker.h"

#include "models/light_asd.h"
#include "models/lr_asd.h"

namespace attune::models {

std::unique_ptr<const ActiveSpeaker> open_active_speaker(const WeightFile& file) {
  if (file.contains("model.visualEncoder.block1.s_norm_1.weight"))
    return std::make_unique<const LrAsd>(file);
  if (file.contains("model.visualEncoder.block1.bn_s_3.weight"))
    return std::make_unique<const LightAsd>(file);
  file.fail("holds neither LR-ASD nor Light-ASD");
}

}  // namespace attune::models
