#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "models/captioner.h"

namespace attune::models::whisper {

/// Runs of a phrase: `count` times `length` items from `first` on.
struct Loop {
  std::size_t first = 0;
  std::size_t length = 0;
  std::size_t count = 0;
};

/// Phrases said more often in a row than people do: one word more than 6 times, 2 words more than 4
/// times, longer phrases more than 3 times. In order, without overlap; of several readings of a
/// place the one with the shortest phrase.
std::vector<Loop> find_loops(std::span<const std::string> items);

/// Networks that lose the thread repeat themselves until they have no more room. Leaves each such
/// phrase once, with the times of its first occurrence. Case and punctuation do not make words
/// different.
void cut_loops(std::vector<RecognizedWord>& words);

}  // namespace attune::models::whisper
