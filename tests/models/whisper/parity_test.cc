// The networks against a second implementation in numpy (reference.py), on small random models in
// every form of file.

#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "fixtures.h"
#include "models/whisper/arithmetic.h"
#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/log_mel.h"
#include "tensor/processor.h"

namespace attune::models::whisper {
namespace {

using tensor::Precision;
using tensor::Shape;
using tensor::Tensor;

constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kVocabulary = 400;
constexpr std::int64_t kPositions = 1500;
constexpr std::int64_t kBands = 80;
constexpr std::int64_t kPrompt = 3;

#define REQUIRE_FIXTURES(folder)                                         \
  const auto found_fixtures = fixtures();                                \
  if (!found_fixtures) GTEST_SKIP() << "python3-numpy is not installed"; \
  const std::filesystem::path& folder = *found_fixtures

/// The reference's spectrogram of one sound, as the encoder takes it.
Tensor reference_mel(const std::filesystem::path& folder, int sound) {
  const Tensor mel = read_tensor(folder / ("mel" + std::to_string(sound)), {kBands, kWindowFrames});
  return tensor::permuted(mel, {1, 0}).reshaped({1, kWindowFrames, kBands});
}

std::int64_t best(std::span<const float> logits) {
  return std::max_element(logits.begin(), logits.end()) - logits.begin();
}

/// Logits of the last token.
Tensor fed(TokenModel& model, std::vector<Token> tokens) {
  const auto state = model.start();
  TokenState* states[] = {state.get()};
  return model.step(states, tokens);
}

TEST(WhisperLogMel, AgreesWithNumpy) {
  REQUIRE_FIXTURES(folder);
  const LogMel log_mel(ModelFile::open(folder / "f32.bin")->mel_filters());
  for (const int sound : {0, 1}) {
    const auto samples = read_array<float>(folder / ("sound" + std::to_string(sound)));
    EXPECT_LT(greatest_difference(log_mel(samples).values(), reference_mel(folder, sound).values()),
              1e-4)
        << sound;
  }
}

TEST(WhisperLogMel, OfNothingIsSilence) {
  const Tensor mel = LogMel(mel_filters(80))({});
  EXPECT_EQ(mel.shape(), (Shape{3000, 80}));
  // log10 of 1e-10, then (x + 4) / 4.
  for (const float value : mel.values()) ASSERT_FLOAT_EQ(value, -1.5F);
}

TEST(WhisperLogMel, FiltersAgreeWithNumpy) {
  REQUIRE_FIXTURES(folder);
  EXPECT_LT(
      greatest_difference(mel_filters(128).values(), read_array<float>(folder / "filters128")),
      1e-8);
}

TEST(WhisperLogMel, FiltersAreThoseOfPublishedFiles) {
  const std::filesystem::path file =
      ATTUNE_SOURCE_DIR "/../shared/models/ggml-vocab/for-tests-ggml-tiny.en.bin";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not here";
  const auto model = ModelFile::open(file);
  EXPECT_EQ(model->dimensions().vocabulary, 51864);
  EXPECT_EQ(model->vocabulary().size(), 50257U);
  EXPECT_EQ(model->vocabulary()[0], "!");
  EXPECT_LT(greatest_difference(model->mel_filters().values(), mel_filters(80).values()), 1e-7);
}

class WhisperParity : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto folder = fixtures();
    if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
    folder_ = *folder;
    truth_ = folder_ / GetParam();
    file_ = ModelFile::open(GetParam() == "hf" ? truth_ : folder_ / (GetParam() + ".bin"));
  }

  Tensor true_encoded() const { return read_tensor(truth_ / "encoded", {kPositions, kWidth}); }
  std::vector<Token> true_tokens() const { return read_array<std::int32_t>(truth_ / "tokens"); }
  Tensor true_logits() const {
    return read_tensor(truth_ / "logits",
                       {static_cast<std::int64_t>(true_tokens().size()), kVocabulary});
  }

  std::filesystem::path folder_;
  std::filesystem::path truth_;
  std::shared_ptr<const ModelFile> file_;
};

TEST_P(WhisperParity, Encoder) {
  const Encoder encoder(*file_, Precision::kFloat32);
  const Tensor encoded = encoder(reference_mel(folder_, 0));
  EXPECT_EQ(encoded.shape(), (Shape{1, kPositions, kWidth}));
  EXPECT_LT(greatest_difference(encoded.values(), true_encoded().values()), 1e-3);
}

TEST_P(WhisperParity, DecoderFedAtOnceAndByOne) {
  const auto model = Decoder(file_, Precision::kFloat32).open(true_encoded());
  const auto tokens = true_tokens();
  const Tensor logits = true_logits();
  const auto by_one = model->start();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto row = logits.values().subspan(i * kVocabulary, kVocabulary);
    TokenState* state = by_one.get();
    EXPECT_LT(greatest_difference(model->step({&state, 1}, {&tokens[i], 1}).values(), row), 1e-3)
        << i;
    const auto at_once = model->start();
    state = at_once.get();
    EXPECT_LT(greatest_difference(model->step({&state, 1}, {tokens.data(), i + 1}).values(), row),
              1e-3)
        << i;
    EXPECT_EQ(at_once->length(), by_one->length());
  }
}

TEST_P(WhisperParity, GreedyTokensFromTheSound) {
  const Encoder encoder(*file_, Precision::kFloat32);
  const auto samples = read_array<float>(folder_ / "sound0");
  const Tensor mel = LogMel(file_->mel_filters())(samples);
  const Tensor encoded = encoder(mel.reshaped({1, kWindowFrames, kBands}));
  const auto model =
      Decoder(file_, Precision::kFloat32).open(encoded.reshaped({kPositions, kWidth}));
  const auto expected = true_tokens();
  std::vector<Token> tokens(expected.begin(), expected.begin() + kPrompt);
  const auto state = model->start();
  TokenState* states[] = {state.get()};
  Tensor logits = model->step(states, tokens);
  while (tokens.size() < expected.size()) {
    tokens.push_back(static_cast<Token>(best(logits.values())));
    logits = model->step(states, {&tokens.back(), 1});
  }
  EXPECT_EQ(tokens, expected);
}

INSTANTIATE_TEST_SUITE_P(Forms, WhisperParity,
                         testing::Values("f32", "f16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0",
                                         "hf"),
                         [](const auto& info) { return info.param; });

TEST(WhisperEncoder, ABatchGivesWhatItsWindowsGive) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "hf");
  const Encoder encoder(*file, Precision::kFloat32);
  Tensor both({2, kWindowFrames, kBands});
  for (const int sound : {0, 1}) {
    const Tensor mel = reference_mel(folder, sound);
    std::copy_n(mel.data(), mel.size(), both.rows(sound, sound + 1).data());
  }
  const Tensor encoded = encoder(both);
  EXPECT_EQ(greatest_difference(encoded.rows(0, 1).values(), encoder(both.rows(0, 1)).values()), 0);
  EXPECT_LT(greatest_difference(encoded.rows(1, 2).values(),
                                read_array<float>(folder / "hf" / "encoded1")),
            1e-3);
}

TEST(WhisperEncoder, BitsDoNotDependOnTheBatchNorTheThreads) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "f32.bin");
  constexpr std::int64_t kWindows = 3;
  Tensor batch({kWindows, kWindowFrames, kBands});
  for (std::int64_t window = 0; window < kWindows; ++window) {
    const Tensor mel = reference_mel(folder, window % 2);
    std::copy_n(mel.data(), mel.size(), batch.rows(window, window + 1).data());
  }
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8, arithmetic("auto")}) {
    const Encoder encoder(*file, precision);
    const Tensor alone[] = {encoder(batch.rows(0, 1)), encoder(batch.rows(1, 2))};
    for (const int threads : {1, 2, 5})
      tbb::task_arena(threads).execute([&] {
        const Tensor together = encoder(batch);
        for (std::int64_t window = 0; window < kWindows; ++window)
          EXPECT_EQ(greatest_difference(together.rows(window, window + 1).values(),
                                        alone[window % 2].values()),
                    0)
              << "window " << window << ", " << threads << " threads";
      });
  }
}

TEST(WhisperEncoder, BitsDoNotDependOnTheThreads) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "f32.bin");
  const Tensor mel = reference_mel(folder, 0);
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8, arithmetic("auto")}) {
    const Encoder encoder(*file, precision);
    const Decoder decoder(file, precision);
    std::vector<Tensor> results;
    for (const int threads : {1, 2, 5})
      tbb::task_arena(threads).execute([&] {
        const Tensor encoded = encoder(mel);
        results.push_back(encoded);
        results.push_back(fed(*decoder.open(encoded.reshaped({kPositions, kWidth})), {301, 7}));
      });
    for (std::size_t i = 2; i < results.size(); ++i)
      EXPECT_EQ(greatest_difference(results[i].values(), results[i % 2].values()), 0);
  }
}

TEST(WhisperDecoder, ForksGoTheirOwnWays) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "f32.bin");
  const auto model = Decoder(file, Precision::kFloat32)
                         .open(read_tensor(folder / "f32" / "encoded", {kPositions, kWidth}));
  const auto first = model->start();
  TokenState* only[] = {first.get()};
  model->step(only, std::vector<Token>{301, 7});
  const auto second = first->fork();
  TokenState* both[] = {first.get(), second.get()};
  model->step(both, std::vector<Token>{10, 20});
  const Tensor logits = model->step(both, std::vector<Token>{11, 21});
  EXPECT_EQ(second->length(), 4);
  EXPECT_LT(greatest_difference(logits.rows(0, 1).values(), fed(*model, {301, 7, 10, 11}).values()),
            1e-4);
  EXPECT_LT(greatest_difference(logits.rows(1, 2).values(), fed(*model, {301, 7, 20, 21}).values()),
            1e-4);
}

TEST(WhisperDecoder, AttentionIsThatOfTheUpperLayersHeads) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "f32.bin");
  const auto model = Decoder(file, Precision::kFloat32)
                         .open(read_tensor(folder / "f32" / "encoded", {kPositions, kWidth}));
  const auto tokens = read_array<std::int32_t>(folder / "f32" / "tokens");
  const auto length = static_cast<std::int64_t>(tokens.size());
  const Tensor weights = model->attention(tokens);
  ASSERT_EQ(weights.shape(), (Shape{2, length, kPositions}));
  // [layer][head][token][position]: a model of no published size, so both heads of the second
  // layer.
  const auto all = read_array<float>(folder / "f32" / "cross");
  EXPECT_LT(greatest_difference(weights.values(), std::span(all).subspan(weights.size())), 1e-5);
}

TEST(WhisperArithmetic, IsChosenByName) {
  EXPECT_EQ(arithmetic("f32"), Precision::kFloat32);
  EXPECT_EQ(arithmetic("int8"), Precision::kInt8);
  EXPECT_EQ(arithmetic("auto"),
            tensor::has_bfloat16() ? Precision::kBFloat16 : Precision::kFloat32);
  if (tensor::has_bfloat16())
    EXPECT_EQ(arithmetic("bf16"), Precision::kBFloat16);
  else
    EXPECT_THROW(arithmetic("bf16"), Error);
  EXPECT_THROW(arithmetic("f16"), Error);
}

TEST(WhisperDecoder, RefusesWhatItCannotTake) {
  REQUIRE_FIXTURES(folder);
  const auto file = ModelFile::open(folder / "f32.bin");
  const auto model = Decoder(file, Precision::kFloat32)
                         .open(read_tensor(folder / "f32" / "encoded", {kPositions, kWidth}));
  EXPECT_THROW(fed(*model, {400}), Error);
  EXPECT_THROW(fed(*model, {-1}), Error);
  EXPECT_NO_THROW(fed(*model, std::vector<Token>(48, 1)));
  EXPECT_THROW(fed(*model, std::vector<Token>(49, 1)), Error);
}

/// How far rounding takes the networks from float32, as parts of the numbers' root mean square.
struct Rounding {
  Precision precision;
  double encoder;
  double logits;
};

class WhisperRounding : public testing::TestWithParam<Rounding> {};

TEST_P(WhisperRounding, StaysSmall) {
  REQUIRE_FIXTURES(folder);
  if (GetParam().precision == Precision::kBFloat16 && !tensor::has_bfloat16())
    GTEST_SKIP() << "this processor does not multiply bfloat16";
  const auto file = ModelFile::open(folder / "f32.bin");
  const Tensor expected = read_tensor(folder / "f32" / "encoded", {kPositions, kWidth});
  const Tensor encoded = Encoder(*file, GetParam().precision)(reference_mel(folder, 0));
  const double of_encoder = relative_error(encoded.values(), expected.values());
  EXPECT_LT(of_encoder, GetParam().encoder);
  EXPECT_GT(of_encoder, 1e-6) << "that was float32";

  const auto model = Decoder(file, GetParam().precision).open(expected);
  const auto tokens = read_array<std::int32_t>(folder / "f32" / "tokens");
  const auto logits = read_array<float>(folder / "f32" / "logits");
  const double of_logits =
      relative_error(fed(*model, tokens).values(), std::span(logits).last(kVocabulary));
  EXPECT_LT(of_logits, GetParam().logits);
  EXPECT_GT(of_logits, 1e-6) << "that was float32";
  std::cout << "relative error: encoder " << of_encoder << ", logits " << of_logits << "\n";
}

INSTANTIATE_TEST_SUITE_P(Precisions, WhisperRounding,
                         testing::Values(Rounding{Precision::kBFloat16, 0.02, 0.02},
                                         Rounding{Precision::kInt8, 0.04, 0.04}));

}  // namespace
}  // namespace attune::models::whisper
