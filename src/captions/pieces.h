#pragma once

#include <span>
#include <string>
#include <vector>

#include "align/speech.h"
#include "captions/function_words.h"

namespace attune::captions {

/// The smallest part of a text that a line holds: a word, or a part of one where its script writes
/// no spaces or where it is longer than a line.
struct Piece {
  /// As it is written: capitals, punctuation.
  std::string text;
  /// The word as it was recognised; for a part of one, the part's text and its share of the time.
  align::Word word;
  int columns = 0;
  /// Where the piece would start, in columns, if everything stood in one line.
  int offset = 0;
  /// What it costs to break the text before this piece (syntax.h).
  double break_cost = 0;
  bool space_before = false;
};

/// The pieces of words that are written as `texts`; none is wider than `max_columns`, grapheme
/// clusters aside.
std::vector<Piece> pieces_of(std::span<const align::Word> words, std::span<const std::string> texts,
                             Language language, int max_columns);

/// Columns of the pieces in one line.
int width_of(std::span<const Piece> pieces);

/// The pieces in one line.
std::string text_of(std::span<const Piece> pieces);

}  // namespace attune::captions
