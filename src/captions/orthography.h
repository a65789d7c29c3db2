#pragma once

#include <span>
#include <string>
#include <vector>

#include "align/speech.h"
#include "core/time.h"

namespace attune::captions {

/// How words are written, one text per word, from first to last.
///
/// Captioners that write no capitals get sentence case: the first word of a sentence and the
/// English "i", "i'm", "i'll"... are capitalised. Captioners that write no punctuation get a full
/// stop where the speaker pauses for `pause` or longer or where another speaker takes over, unless
/// the word there cannot end a sentence ("the", "of", "and"). Nothing else is added, and texts of a
/// captioner that writes capitals or punctuation are left as they are.
///
/// `words` in the order they are shown in.
std::vector<std::string> written_words(std::span<const align::Word> words, Duration pause,
                                       bool sentence_case, bool full_stops);

}  // namespace attune::captions
