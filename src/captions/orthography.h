#pragma once

#include <span>
#include <string>
#include <vector>

#include "align/speech.h"
#include "captions/function_words.h"
#include "core/time.h"

namespace attune::captions {

struct Orthography {
  /// A pause from which a sentence ends.
  Duration sentence_pause = std::chrono::milliseconds(600);
  bool sentence_case = true;
  bool full_stops = true;
};

/// How words are written, one text per word, from first to last.
///
/// Captioners that write no capitals get sentence case, in any script that has capitals: the first
/// word of a sentence and, in English, "i", "i'm", "i'll"... are capitalised; what follows an
/// abbreviation ("mr.", "e.g.") is not. Captioners that write no punctuation get a full stop (of
/// the script; none where a script is written without spaces) where the speaker pauses for
/// `sentence_pause` or longer or where another speaker takes over, unless the word there cannot end
/// a sentence ("the", "of", "and"). Nothing else is added, no word is changed otherwise, and texts
/// of a captioner that writes capitals or punctuation are left as they are.
///
/// `words` in the order they are shown in.
std::vector<std::string> written_words(std::span<const align::Word> words, Language language,
                                       const Orthography& orthography = {});

}  // namespace attune::captions
