#include "models/asd_encoders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "models/active_speaker.h"

namespace attune::models {
namespace {

using tensor::Tensor;

constexpr std::int64_t kPicturesPerPart = 16;  // activations of a part stay near the cache
constexpr std::int64_t kTokensPerStretch = 256;
// The audio encoders see 24 MFCC rows to each side: 3 + 2 * 3 + 4 * 3 by convolutions, 1 + 2 by
// pooling. In whole tokens:
constexpr std::int64_t kAudioReach = 6;
constexpr float kMean = 0.4161F;
constexpr float kDeviation = 0.1688F;

std::array<float, 256> normalised_levels() {
  std::array<float, 256> levels{};
  for (std::size_t level = 0; level < levels.size(); ++level)
    levels[level] = (static_cast<float>(level) / 255.0F - kMean) / kDeviation;
  return levels;
}

Tensor normalised(std::span<const std::uint8_t> crops) {
  static const std::array<float, 256> levels = normalised_levels();
  Tensor pictures({static_cast<std::int64_t>(crops.size()) / ActiveSpeaker::kCropBytes,
                   ActiveSpeaker::kCropSide, ActiveSpeaker::kCropSide, 1});
  std::transform(crops.begin(), crops.end(), pictures.data(),
                 [](std::uint8_t level) { return levels[level]; });
  return pictures;
}

}  // namespace

Tensor encode_in_parts(std::span<const std::uint8_t> crops, const VisualPart& encode) {
  if (crops.size() % ActiveSpeaker::kCropBytes != 0)
    throw Error(ErrorKind::kInternal,
                fmt::format("{} bytes are no whole number of face crops", crops.size()));
  const auto total = static_cast<std::int64_t>(crops.size()) / ActiveSpeaker::kCropBytes;
  Tensor embeddings({total, ActiveSpeaker::kEmbedding});
  float* out = embeddings.data();
  for (std::int64_t begin = 0; begin < total; begin += kPicturesPerPart) {
    const auto end = std::min(begin + kPicturesPerPart, total);
    const auto part =
        crops.subspan(static_cast<std::size_t>(begin) * ActiveSpeaker::kCropBytes,
                      static_cast<std::size_t>(end - begin) * ActiveSpeaker::kCropBytes);
    const Tensor ready = encode(normalised(part), end == total);
    out = std::copy_n(ready.data(), ready.size(), out);
  }
  return embeddings;
}

Tensor encode_in_parts(const Tensor& mfcc, const AudioPart& encode) {
  tensor::expect_shape(mfcc, {-1, ActiveSpeaker::kCoefficients}, "MFCC");
  if (mfcc.dim(0) % ActiveSpeaker::kMfccPerToken != 0)
    throw Error(ErrorKind::kInternal,
                fmt::format("{} MFCC rows are no whole number of tokens", mfcc.dim(0)));
  const auto total = mfcc.dim(0) / ActiveSpeaker::kMfccPerToken;
  Tensor embeddings({total, ActiveSpeaker::kEmbedding});
  for (std::int64_t begin = 0; begin < total; begin += kTokensPerStretch) {
    const auto end = std::min(begin + kTokensPerStretch, total);
    const auto first = std::max<std::int64_t>(begin - kAudioReach, 0);
    const auto last = std::min(end + kAudioReach, total);
    const Tensor rows =
        mfcc.rows(ActiveSpeaker::kMfccPerToken * first, ActiveSpeaker::kMfccPerToken * last);
    const Tensor encoded = encode(rows.reshaped({-1, 1, ActiveSpeaker::kCoefficients, 1}));
    const Tensor inner = encoded.rows(begin - first, end - first);
    std::copy_n(inner.data(), inner.size(), embeddings.data() + begin * ActiveSpeaker::kEmbedding);
  }
  return embeddings;
}

Tensor halved_over_time(const Tensor& rows) {
  const auto total = rows.dim(0);
  Tensor result({(total + 1) / 2, 1, rows.dim(2), rows.dim(3)});
  const auto row = rows.dim(2) * rows.dim(3);
  for (std::int64_t i = 0; i < result.dim(0); ++i) {
    float* out = result.data() + i * row;
    const float* middle = rows.data() + 2 * i * row;
    std::copy_n(middle, row, out);
    const auto take_greater = [&](const float* other) {
      std::transform(out, out + row, other, out, [](float a, float b) { return std::max(a, b); });
    };
    if (i > 0) take_greater(middle - row);
    if (2 * i + 1 < total) take_greater(middle + row);
  }
  return result;
}

Tensor mean_over_coefficients(const Tensor& rows) {
  const auto coefficients = rows.dim(2);
  const auto channels = rows.dim(3);
  Tensor result = Tensor::zeros({rows.dim(0), channels});
  const float* in = rows.data();
  for (std::int64_t i = 0; i < rows.dim(0); ++i) {
    float* out = result.data() + i * channels;
    for (std::int64_t f = 0; f < coefficients; ++f, in += channels)
      std::transform(out, out + channels, in, out, std::plus<>());
    const float scale = 1.0F / static_cast<float>(coefficients);
    std::transform(out, out + channels, out, [scale](float sum) { return sum * scale; });
  }
  return result;
}

}  // namespace attune::models
