#include "models/whisper/log_probabilities.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace attune::models::whisper {

double log_sum_exp(std::span<const float> logits) {
  const float greatest = *std::ranges::max_element(logits);
  if (std::isinf(greatest)) return greatest;
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - greatest);
  if (std::isnan(sum))
    throw Error(ErrorKind::kModel,
                "the Whisper model computes what is no number: its weights are damaged; pull or "
                "import them again");
  return greatest + std::log(sum);
}

int argmax(std::span<const float> logits) {
  return static_cast<int>(std::ranges::max_element(logits) - logits.begin());
}

}  // namespace attune::models::whisper
