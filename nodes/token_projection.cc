#include "nodes/token_projection.h"

#include <fmt/format.h>

#include "core/error.h"
#include "media/csv_table.h"

namespace attune::nodes {

void TokenProjection::open() {
  if (file_.empty()) return;
  matrix_ = media::read_csv_matrix(file_, rows_);
  columns_ = static_cast<std::int64_t>(matrix_.size()) / rows_;
}

TokenSequence TokenProjection::operator()(const TokenSequence& tokens) const {
  if (file_.empty()) return tokens;
  if (tokens.width != rows_)
    throw Error(ErrorKind::kConfig, fmt::format("{}: the matrix has {} lines, but tokens have {} "
                                                "numbers",
                                                file_, rows_, tokens.width));
  TokenSequence result{tokens.source, columns_, 1, tokens.times, {}};
  result.tokens.assign(static_cast<std::size_t>(tokens.length() * columns_), 0.0F);
  for (std::int64_t i = 0; i < tokens.length(); ++i) {
    float* to = result.tokens.data() + i * columns_;
    for (std::int64_t r = 0; r < rows_; ++r) {
      const float factor = tokens.tokens[i * rows_ + r];
      for (std::int64_t c = 0; c < columns_; ++c) to[c] += factor * matrix_[r * columns_ + c];
    }
  }
  return result;
}

}  // namespace attune::nodes
