#pragma once

#include <span>

namespace attune::models::whisper {

/// log(sum(exp(logits))); minus infinity when all are. Throws Error(kModel) when one is no number,
/// which damaged weights lead to.
double log_sum_exp(std::span<const float> logits);

/// Index of the greatest logit, the first of equals.
int argmax(std::span<const float> logits);

}  // namespace attune::models::whisper
