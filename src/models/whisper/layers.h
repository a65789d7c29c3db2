#pragma once

// Inside src/models/whisper only: what encoder and decoder are made of.

#include <string>
#include <vector>

#include "models/whisper/model_file.h"
#include "tensor/layer_norm.h"
#include "tensor/linear.h"

namespace attune::models::whisper {

/// A layer that adds to what it writes to.
tensor::LinearOptions adding(tensor::LinearOptions options);

/// `<name>.weight [outputs, inputs]` and, where `options` say nothing else, `<name>.bias`.
tensor::Linear linear(const ModelFile& file, const std::string& name, std::int64_t outputs,
                      std::int64_t inputs, const tensor::LinearOptions& options);

/// Several layers `<prefix>.<part>` over the same input as one: [parts * width] outputs. A part
/// without a bias in the file has none.
tensor::Linear joined_linear(const ModelFile& file, const std::string& prefix,
                             const std::vector<std::string>& parts, std::int64_t width,
                             const tensor::LinearOptions& options);

/// `<name>.weight`, `<name>.bias` [width].
tensor::LayerNorm layer_norm(const ModelFile& file, const std::string& name, std::int64_t width);

/// x += W2 GELU(W1 LN(x)), four times as wide inside.
class FeedForward {
 public:
  /// Tensors `<block>.mlp_ln`, `<block>.mlp.0` and `<block>.mlp.2`.
  FeedForward(const ModelFile& file, const std::string& block, std::int64_t width,
              tensor::LinearOptions options);

  /// x [rows, width], in place.
  void operator()(tensor::Tensor& x) const;

 private:
  tensor::LayerNorm norm_;
  tensor::Linear up_;
  tensor::Linear down_;
  bool rounds_ = false;
};

}  // namespace attune::models::whisper
