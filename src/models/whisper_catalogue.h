#pragma once

#include <vector>

#include "models/model_catalogue.h"

namespace attune::models {

/// Whisper's models in the single-file ggml format, as whisper.cpp publishes them; the largest
/// first, of equal size the multilingual one first, then the English-only one and the quantised
/// ones.
std::vector<ModelInfo> whisper_catalogue();

}  // namespace attune::models
