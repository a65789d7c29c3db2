#pragma once

#include <vector>

#include "models/whisper/dimensions.h"

namespace attune::models::whisper {

/// A head of the decoder's cross-attention.
struct AlignmentHead {
  int layer = 0;
  int head = 0;

  bool operator==(const AlignmentHead&) const = default;
};

/// The heads whose weights follow the words through the sound, in order: those published for the
/// models of the family, which are told by their sizes (the first large model, as large as the
/// second, gets the second's); else all heads of the upper half of the decoder's layers.
std::vector<AlignmentHead> alignment_heads(const Dimensions& dimensions);

}  // namespace attune::models::whisper
