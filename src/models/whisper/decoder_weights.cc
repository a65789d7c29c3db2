#include "models/whisper/decoder_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "attention/task_loop.h"
#include "core/error.h"

namespace attune::models::whisper {
namespace {

using tensor::LinearOptions;
using tensor::Tensor;

constexpr const char* kEmbedding = "decoder.token_embedding.weight";
/// Tokens of one panel of logits: enough work for a task.
constexpr std::int64_t kPanel = 4096;

LinearOptions over_sound(LinearOptions options) {
  options.rows_at_once = kSoundRows;
  return options;
}

}  // namespace

DecoderBlock::DecoderBlock(const ModelFile& file, const std::string& name, std::int64_t width,
                           const LinearOptions& options)
    : norm(layer_norm(file, name + ".attn_ln", width)),
      projections(joined_linear(file, name + ".attn", {"query", "key", "value"}, width, options)),
      out(linear(file, name + ".attn.out", width, width, adding(options))),
      cross_norm(layer_norm(file, name + ".cross_attn_ln", width)),
      cross_query(linear(file, name + ".cross_attn.query", width, width, options)),
      cross_projections(
          joined_linear(file, name + ".cross_attn", {"key", "value"}, width, over_sound(options))),
      cross_out(linear(file, name + ".cross_attn.out", width, width, adding(options))),
      feed_forward(file, name, width, options) {}

TokenLogits::TokenLogits(const ModelFile& file, const LinearOptions& options)
    : vocabulary_(file.dimensions().vocabulary) {
  const Tensor embedding = file.tensor(kEmbedding, {vocabulary_, file.dimensions().text_width});
  for (std::int64_t first = 0; first < vocabulary_; first += kPanel)
    panels_.emplace_back(embedding.rows(first, std::min(first + kPanel, vocabulary_)), Tensor(),
                         options);
}

Tensor TokenLogits::operator()(const Tensor& x) const {
  const auto rows = x.dim(0);
  Tensor logits({rows, vocabulary_});
  const double work = static_cast<double>(rows * vocabulary_) * static_cast<double>(x.dim(1));
  attention::for_each_task(static_cast<std::int64_t>(panels_.size()), work, [&](std::int64_t i) {
    const tensor::Linear& panel = panels_[i];
    panel(x, tensor::View(logits.data() + i * kPanel, {rows, panel.outputs()}, {vocabulary_, 1}));
  });
  return logits;
}

DecoderWeights::DecoderWeights(std::shared_ptr<const ModelFile> file, tensor::Precision precision)
    : file_(std::move(file)),
      logits_(*file_, {.precision = precision}),
      positions_(
          file_->tensor("decoder.positional_embedding", {dimensions().text_context, width()})),
      last_norm_(layer_norm(*file_, "decoder.ln", width())),
      heads_(alignment_heads(dimensions())) {
  for (int layer = 0; layer < dimensions().text_layers; ++layer)
    blocks_.emplace_back(*file_, fmt::format("decoder.blocks.{}", layer), width(),
                         LinearOptions{.precision = precision});
}

void DecoderWeights::embed(Token token, int position, std::span<float> row) const {
  if (token < 0 || token >= dimensions().vocabulary)
    throw Error(ErrorKind::kUsage,
                fmt::format("token {} of a vocabulary of {}", token, dimensions().vocabulary));
  if (position >= dimensions().text_context)
    throw Error(ErrorKind::kUsage, fmt::format("a text of more than {} tokens for one window",
                                               dimensions().text_context));
  file_->row(kEmbedding, token, row);
  const float* there = positions_.data() + position * width();
  std::transform(row.begin(), row.end(), there, row.begin(), std::plus<>());
}

}  // namespace attune::models::whisper
