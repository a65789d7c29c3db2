#pragma once

#include <span>
#include <vector>

#include "models/align_model.h"

namespace attune::models {

/// What an audio token asks.
struct AlignQuery {
  /// [heads * head width]: each head's part has the length of its gain.
  std::vector<float> query;
  /// [heads]: the null key's logit.
  std::vector<float> null;
};

/// The query of one audio token, [width].
AlignQuery align_query(const AlignModel& model, std::span<const float> token);

/// The key of one face token, [heads * head width]: each head's part has length 1.
std::vector<float> align_key(const AlignModel& model, std::span<const float> token);

}  // namespace attune::models
