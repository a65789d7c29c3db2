#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nodes/token_sequence.h"

namespace attune::nodes {

/// A matrix that tokens are multiplied by, from a CSV file without a header: one line for each
/// number that comes in, one column for each that goes out. Without a file tokens stay as they are.
class TokenProjection {
 public:
  explicit TokenProjection(std::string file) : file_(std::move(file)) {}

  /// Reads the file. Throws Error(kInput), naming file and line, when it is not a matrix.
  void open();

  /// Throws Error(kConfig), naming the file, when the width does not fit.
  TokenSequence operator()(const TokenSequence& tokens) const;

 private:
  std::string file_;
  std::int64_t rows_ = 0;
  std::int64_t columns_ = 0;
  /// [rows, columns]
  std::vector<float> matrix_;
};

}  // namespace attune::nodes
