// A random model of tiny.en's size against the second implementation in numpy (reference.py).

#include <gtest/gtest.h>

#include "fixtures.h"
#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/log_mel.h"
#include "tensor/processor.h"

namespace attune::models::whisper {
namespace {

using tensor::Precision;
using tensor::Shape;
using tensor::Tensor;

constexpr std::int64_t kWidth = 384;
constexpr std::int64_t kVocabulary = 51864;
constexpr std::int64_t kPositions = 1500;
constexpr std::size_t kPrompt = 2;

/// Numpy takes about ten seconds once, when the first test asks.
class WhisperTrueSize : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = fixtures("true_size");
    if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
    truth_ = *folder / "truth";
    file_ = ModelFile::open(*folder / "tiny.en.bin");
    const Tensor mel = LogMel(file_->mel_filters())(read_array<float>(*folder / "sound"));
    mel_ = mel.reshaped({1, mel.dim(0), mel.dim(1)});
    tokens_ = read_array<std::int32_t>(truth_ / "tokens");
    logits_ = read_array<float>(truth_ / "logits");
  }

  Tensor encoded(Precision precision) const { return Encoder(*file_, precision)(mel_); }
  Tensor true_encoded() const { return read_tensor(truth_ / "encoded", {kPositions, kWidth}); }
  std::span<const float> true_logits(std::size_t token) const {
    return std::span(logits_).subspan(token * kVocabulary, kVocabulary);
  }

  /// How far rounding takes encoder and logits, as parts of the numbers' root mean square.
  void expect_close(Precision precision, double limit) const {
    EXPECT_LT(relative_error(encoded(precision).values(), true_encoded().values()), limit);
    const auto model = Decoder(file_, precision).open(true_encoded());
    const auto state = model->start();
    TokenState* states[] = {state.get()};
    EXPECT_LT(
        relative_error(model->step(states, tokens_).values(), true_logits(tokens_.size() - 1)),
        limit);
  }

  std::filesystem::path truth_;
  std::shared_ptr<const ModelFile> file_;
  Tensor mel_;
  std::vector<Token> tokens_;
  std::vector<float> logits_;
};

TEST_F(WhisperTrueSize, SoundToTokensAgreesWithNumpy) {
  const Tensor sound = encoded(Precision::kFloat32);
  EXPECT_EQ(sound.shape(), (Shape{1, kPositions, kWidth}));
  EXPECT_LT(greatest_difference(sound.values(), true_encoded().values()), 1e-3);

  const auto model = Decoder(file_, Precision::kFloat32).open(sound.reshaped({kPositions, kWidth}));
  const auto state = model->start();
  TokenState* states[] = {state.get()};
  std::vector<Token> tokens(tokens_.begin(), tokens_.begin() + kPrompt);
  Tensor logits = model->step(states, tokens);
  while (true) {
    EXPECT_LT(greatest_difference(logits.values(), true_logits(tokens.size() - 1)), 1e-3)
        << "after " << tokens.size() << " tokens";
    if (tokens.size() == tokens_.size()) break;
    const auto values = logits.values();
    tokens.push_back(
        static_cast<Token>(std::max_element(values.begin(), values.end()) - values.begin()));
    logits = model->step(states, {&tokens.back(), 1});
  }
  EXPECT_EQ(tokens, tokens_);
}

TEST_F(WhisperTrueSize, RoundingStaysSmall) {
  if (tensor::has_bfloat16()) expect_close(Precision::kBFloat16, 0.02);
  expect_close(Precision::kInt8, 0.04);
}

}  // namespace
}  // namespace attune::models::whisper
