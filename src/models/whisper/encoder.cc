#include "models/whisper/encoder.h"

#include <algorithm>
#include <string>
#include <vector>

#include "attention/cross_attention.h"
#include "attention/task_loop.h"
#include "models/whisper/layers.h"
#include "models/whisper/log_mel.h"
#include "tensor/processor.h"

namespace attune::models::whisper {
namespace {

using attention::HeadsView;
using tensor::BasicView;
using tensor::BFloat16;
using tensor::LinearOptions;
using tensor::Precision;
using tensor::Tensor;
using tensor::View;

/// Positions that one task carries through a row of layers, so that what lies between them stays in
/// the caches; divides the 1,500 of a window and the 3,000 frames.
constexpr std::int64_t kRows = 125;
constexpr std::int64_t kTaps = 3;

/// A convolution of three taps as a product of matrices: a row of its input is the three frames
/// under the taps, one after the other.
tensor::Linear convolution(const ModelFile& file, const std::string& name, std::int64_t outputs,
                           std::int64_t inputs, const LinearOptions& options) {
  const Tensor weight = file.tensor(name + ".weight", {outputs, inputs, kTaps});
  return {tensor::permuted(weight, {0, 2, 1}).reshaped({outputs, kTaps * inputs}),
          file.tensor(name + ".bias", {outputs}), options};
}

/// Rows [first, first + count) of a convolution's input with one frame of zeros on both sides.
/// frames [length, width] -> [count, 3 * width].
Tensor under_taps(const Tensor& frames, std::int64_t first, std::int64_t count,
                  std::int64_t stride) {
  const auto width = frames.dim(1);
  Tensor rows({count, kTaps * width});
  float* out = rows.data();
  for (std::int64_t row = first; row < first + count; ++row)
    for (std::int64_t tap = 0; tap < kTaps; ++tap, out += width) {
      const auto frame = row * stride + tap - 1;
      if (frame >= 0 && frame < frames.dim(0)) {
        std::copy_n(frames.data() + frame * width, width, out);
      } else {
        std::fill_n(out, width, 0.0F);
      }
    }
  return rows;
}

LinearOptions options_of(Precision precision) {
  return {.precision = precision, .rows_at_once = kRows};
}

/// The mel spectrogram's range is too small a part of its values for 8 bits, and the convolutions
/// are a twentieth of the work.
LinearOptions convolution_options(Precision precision) {
  if (precision == Precision::kInt8)
    precision = tensor::has_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32;
  LinearOptions options = options_of(precision);
  options.activation = tensor::Activation::kGelu;
  return options;
}

struct EncoderBlock {
  tensor::LayerNorm norm;
  /// Queries, keys and values side by side.
  tensor::Linear projections;
  tensor::Linear out;
  FeedForward feed_forward;

  EncoderBlock(const ModelFile& file, const std::string& name, std::int64_t width,
               const LinearOptions& options)
      : norm(layer_norm(file, name + ".attn_ln", width)),
        projections(joined_linear(file, name + ".attn", {"query", "key", "value"}, width, options)),
        out(linear(file, name + ".attn.out", width, width, adding(options))),
        feed_forward(file, name, width, options) {}
};

}  // namespace

struct Encoder::Impl {
  Dimensions dimensions;
  bool attends_in_bfloat16;
  tensor::Linear conv1;
  tensor::Linear conv2;
  /// [1500, width]
  Tensor positions;
  std::vector<EncoderBlock> blocks;
  tensor::LayerNorm last_norm;

  Impl(const ModelFile& file, Precision precision)
      : dimensions(file.dimensions()),
        attends_in_bfloat16(precision != Precision::kFloat32 && tensor::has_bfloat16()),
        conv1(convolution(file, "encoder.conv1", width(), dimensions.mel_bands,
                          convolution_options(precision))),
        conv2(convolution(file, "encoder.conv2", width(), width(), convolution_options(precision))),
        positions(file.tensor("encoder.positional_embedding", {dimensions.audio_context, width()})),
        last_norm(layer_norm(file, "encoder.ln_post", width())) {
    for (int layer = 0; layer < dimensions.audio_layers; ++layer)
      blocks.emplace_back(file, "encoder.blocks." + std::to_string(layer), width(),
                          options_of(precision));
  }

  std::int64_t width() const { return dimensions.audio_width; }

  /// f(first row, rows) over all rows, as tasks of kRows.
  template <class F>
  static void for_rows(std::int64_t rows, std::int64_t width, F&& f) {
    const double work = static_cast<double>(rows * width) * width;
    attention::for_each_task(rows / kRows, work,
                             [&](std::int64_t task) { f(task * kRows, kRows); });
  }

  /// [windows, 3000, mel bands] -> [windows * 1500, width]
  Tensor stem(const Tensor& mel) const {
    const auto windows = mel.dim(0);
    Tensor frames({windows * kWindowFrames, width()});
    Tensor x({windows * dimensions.audio_context, width()});
    const auto part = [](const Tensor& tensor, std::int64_t window, std::int64_t length) {
      return tensor.rows(window * length, (window + 1) * length);
    };
    const Tensor sound = mel.reshaped({windows * kWindowFrames, dimensions.mel_bands});
    for_rows(frames.dim(0), width(), [&](std::int64_t first, std::int64_t count) {
      const auto window = first / kWindowFrames;
      const Tensor input = part(sound, window, kWindowFrames);
      Tensor output = frames.rows(first, first + count);
      conv1(under_taps(input, first % kWindowFrames, count, 1), output);
    });
    const std::int64_t context = dimensions.audio_context;
    for_rows(x.dim(0), width(), [&](std::int64_t first, std::int64_t count) {
      const Tensor input = part(frames, first / context, kWindowFrames);
      Tensor output = x.rows(first, first + count);
      conv2(under_taps(input, first % context, count, 2), output);
      const float* position = positions.data() + first % context * width();
      for (float& value : output.values()) value += *position++;
    });
    return x;
  }

  /// x += out(attention(projections(norm(x))))
  template <class T>
  void attend(const EncoderBlock& block, Tensor& x, std::vector<T>& projected) const {
    const auto rows = x.dim(0);
    const auto stride = 3 * width();
    projected.resize(static_cast<std::size_t>(rows * stride));
    for_rows(rows, width(), [&](std::int64_t first, std::int64_t count) {
      block.projections(block.norm(x.rows(first, first + count)),
                        BasicView<T>(projected.data() + first * stride, {count, stride}));
    });
    const std::int64_t context = dimensions.audio_context;
    const std::int64_t heads = dimensions.audio_heads;
    const std::int64_t head_width = width() / heads;
    const auto part = [&](std::int64_t index) {
      return HeadsView<const T>{projected.data() + index * width(),
                                {rows / context, heads, context, head_width},
                                {context * stride, head_width, stride, 1}};
    };
    Tensor mixed({rows, width()});
    attention::cross_attention(
        part(0), part(1), part(2),
        HeadsView<float>::interleaved(mixed.data(), rows / context, context, heads, head_width));
    for_rows(rows, width(), [&](std::int64_t first, std::int64_t count) {
      Tensor part_of_x = x.rows(first, first + count);
      block.out(mixed.rows(first, first + count), part_of_x);
      block.feed_forward(part_of_x);
    });
  }

  template <class T>
  void run_blocks(Tensor& x) const {
    std::vector<T> projected;
    for (const EncoderBlock& block : blocks) attend(block, x, projected);
  }
};

Encoder::Encoder(const ModelFile& file, Precision precision)
    : impl_(std::make_shared<const Impl>(file, precision)) {}

Tensor Encoder::operator()(const Tensor& mel) const {
  const Impl& impl = *impl_;
  tensor::expect_shape(mel, {-1, kWindowFrames, impl.dimensions.mel_bands}, "mel spectrograms");
  if (mel.empty()) return Tensor({0, impl.dimensions.audio_context, impl.width()});
  Tensor x = impl.stem(mel);
  if (impl.attends_in_bfloat16) {
    impl.run_blocks<BFloat16>(x);
  } else {
    impl.run_blocks<float>(x);
  }
  Tensor result({mel.dim(0), impl.dimensions.audio_context, impl.width()});
  const Tensor rows = result.reshaped(x.shape());
  Impl::for_rows(x.dim(0), impl.width(), [&](std::int64_t first, std::int64_t count) {
    const Tensor normed = impl.last_norm(x.rows(first, first + count));
    std::copy_n(normed.data(), normed.size(), rows.rows(first, first + count).data());
  });
  return result;
}

}  // namespace attune::models::whisper
