#include "captions/pieces.h"

#include <cstdint>
#include <sstream>

#include "captions/syntax.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// Within a word that is longer than a line.
constexpr double kInWord = 100 * kForbiddenBreak;

/// A part of a word's text, and whether it goes on a word that was too long.
struct Part {
  std::string text;
  bool continues = false;
};

std::vector<Part> parts_of(const std::string& text, int max_columns) {
  std::vector<Part> parts;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) {
    for (const std::string& whole : break_opportunities(word)) {
      bool continues = false;
      for (std::string& cut : cut_to_columns(whole, max_columns)) {
        parts.push_back({std::move(cut), continues});
        continues = true;
      }
    }
  }
  return parts;
}

/// The share of a word's time that belongs to its bytes [begin, end) of `size`.
TimeSpan share_of(const TimeSpan& span, std::size_t begin, std::size_t end, std::size_t size) {
  const auto at = [&](std::size_t byte) {
    return span.start + Duration(static_cast<std::int64_t>(
                            static_cast<double>(span.duration().count()) *
                            static_cast<double>(byte) / static_cast<double>(size)));
  };
  return {at(begin), end == size ? span.end : at(end)};
}

class PieceBuilder {
 public:
  PieceBuilder(Language language, int max_columns)
      : language_(language), max_columns_(max_columns) {}

  void add(const align::Word& word, const std::string& text) {
    const std::vector<Part> parts = parts_of(text, max_columns_);
    std::size_t size = 0;
    for (const Part& part : parts) size += part.text.size();
    std::size_t begin = 0;
    for (const Part& part : parts) {
      const std::size_t end = begin + part.text.size();
      Piece piece;
      piece.text = part.text;
      piece.word = word;
      if (parts.size() > 1) {
        piece.word.text = part.text;
        piece.word.span = share_of(word.span, begin, end, size);
      }
      place(piece, part.continues);
      pieces_.push_back(std::move(piece));
      begin = end;
    }
  }

  std::vector<Piece> take() { return std::move(pieces_); }

 private:
  void place(Piece& piece, bool continues) {
    piece.columns = columns(piece.text);
    if (pieces_.empty()) return;
    const Piece& before = pieces_.back();
    piece.space_before = !continues && joined_by_space(before.text, piece.text);
    piece.offset = before.offset + before.columns + (piece.space_before ? 1 : 0);
    const bool starts = pieces_.size() == 1 || before.word.speaker != piece.word.speaker ||
                        ends_sentence(pieces_[pieces_.size() - 2].text);
    piece.break_cost =
        continues ? kInWord : break_cost({before.text, piece.text, starts}, language_);
  }

  Language language_;
  int max_columns_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> pieces_of(std::span<const align::Word> words, std::span<const std::string> texts,
                             Language language, int max_columns) {
  PieceBuilder builder(language, max_columns);
  for (std::size_t i = 0; i < words.size(); ++i) builder.add(words[i], texts[i]);
  return builder.take();
}

int width_of(std::span<const Piece> pieces) {
  if (pieces.empty()) return 0;
  return pieces.back().offset + pieces.back().columns - pieces.front().offset;
}

std::string text_of(std::span<const Piece> pieces) {
  std::string text;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0 && pieces[i].space_before) text += ' ';
    text += pieces[i].text;
  }
  return text;
}

}  // namespace attune::captions
