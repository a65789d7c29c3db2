#include "models/active_speaker.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "models/mfcc.h"
#include "npz.h"

namespace attune::models {
namespace {

constexpr float kTolerance = 1e-3F;

struct Golden {
  const char* network;    // folder of the weights
  const char* weights;    // file
  const char* variant;    // prefix of the arrays
  const char* recording;  // reference file
};

void PrintTo(const Golden& g, std::ostream* os) {
  *os << g.network << " " << g.variant << " " << g.recording;
}

void expect_near(const tensor::Tensor& actual, const tensor::Tensor& expected, const char* what) {
  ASSERT_EQ(actual.shape(), expected.shape()) << what;
  float worst = 0;
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    const float error = std::abs(actual.data()[i] - expected.data()[i]);
    if (!(error <= worst)) worst = error;
  }
  EXPECT_LE(worst, kTolerance) << what;
}

class AsdGoldens : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    ATTUNE_REQUIRE_SHARED(weights());
    ATTUNE_REQUIRE_SHARED(recording());
    network_ = open_active_speaker(WeightFile::open(shared_folder() / weights()));
  }
  static std::filesystem::path weights() {
    return std::filesystem::path("models") / GetParam().network / GetParam().weights;
  }
  static std::filesystem::path recording() {
    return std::filesystem::path("goldens") / (std::string(GetParam().recording) + ".npz");
  }
  static std::string array(const char* what) {
    return std::string(GetParam().variant) + "_" + what;
  }

  std::unique_ptr<const ActiveSpeaker> network_;
};

TEST_P(AsdGoldens, EmbeddingsAndLogitsAgreeWithTheReference) {
  const Npz golden(shared_folder() / recording());
  const tensor::Tensor audio = network_->encode_audio(golden.tensor("mfcc"));
  const tensor::Tensor faces = network_->encode_faces(golden["crops"].bytes);
  expect_near(audio, golden.tensor(array("audioEmbed")), "audio embeddings");
  expect_near(faces, golden.tensor(array("visualEmbed")), "face embeddings");
  expect_near(network_->classify(audio, faces), golden.tensor(array("out")), "logits");
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, AsdGoldens,
    testing::Values(Golden{"lr_asd", "finetuning_TalkSet.model", "talkset", "lrasd_demo1_t0"},
                    Golden{"lr_asd", "pretrain_AVA.model", "ava", "lrasd_interview_t1"},
                    Golden{"lr_asd", "finetuning_TalkSet.model", "talkset", "lrasd_cnn_t2"},
                    Golden{"lr_asd", "pretrain_AVA.model", "ava", "lrasd_cnn_t2"},
                    Golden{"light_asd", "finetuning_TalkSet.model", "talkset", "lightasd_demo1_t0"},
                    Golden{"light_asd", "pretrain_AVA_CVPR.model", "ava", "lightasd_interview_t1"},
                    Golden{"light_asd", "pretrain_AVA_CVPR.model", "ava", "lightasd_cnn_t2"}),
    [](const auto& info) {
      return std::string(info.param.network) + "_" + info.param.variant + "_" +
             info.param.recording;
    });

TEST(LightAsdTaps, AFewFramesAgreeWithTheReference) {
  for (const auto& [weights, taps] :
       {std::pair{"finetuning_TalkSet.model", "lightasd_taps_talkset.npz"},
        std::pair{"pretrain_AVA_CVPR.model", "lightasd_taps_ava.npz"}}) {
    ATTUNE_REQUIRE_SHARED(std::filesystem::path("goldens") / taps);
    ATTUNE_REQUIRE_SHARED(std::filesystem::path("models/light_asd") / weights);
    const auto network =
        open_active_speaker(WeightFile::open(shared_folder() / "models/light_asd" / weights));
    const Npz golden(shared_folder() / "goldens" / taps);
    const auto audio = network->encode_audio(golden.tensor("mfcc"));
    const auto faces = network->encode_faces(golden["crops"].bytes);
    expect_near(audio, golden.tensor("audioEmbed"), "audio embeddings");
    expect_near(faces, golden.tensor("visualEmbed"), "face embeddings");
    expect_near(network->classify(audio, faces), golden.tensor("out"), "logits");
  }
}

class LrAsdTest : public testing::Test {
 protected:
  void SetUp() override {
    ATTUNE_REQUIRE_SHARED("models/lr_asd/finetuning_TalkSet.model");
    network_ = open_active_speaker(
        WeightFile::open(shared_folder() / "models/lr_asd/finetuning_TalkSet.model"));
  }
  std::unique_ptr<const ActiveSpeaker> network_;
};

TEST_F(LrAsdTest, StretchesOfSoundGiveWhatOnePassGives) {
  // 600 tokens are encoded in three stretches; a pass over a part that lies well inside one of them
  // and well away from its own ends must give the same.
  tensor::Tensor mfcc({4 * 600, 13});
  for (std::int64_t i = 0; i < mfcc.size(); ++i)
    mfcc.data()[i] = static_cast<float>((i * 7919) % 211) / 10.0F - 10.0F;
  const auto whole = network_->encode_audio(mfcc);
  const auto part = network_->encode_audio(mfcc.rows(4 * 230, 4 * 290));
  float worst = 0;
  for (std::int64_t t = 6; t < 54; ++t)
    for (std::int64_t c = 0; c < 128; ++c)
      worst = std::max(worst, std::abs(whole.at({230 + t, c}) - part.at({t, c})));
  EXPECT_LE(worst, 1e-4F);
}

TEST_F(LrAsdTest, NothingInNothingOut) {
  EXPECT_EQ(network_->encode_faces({}).shape(), (tensor::Shape{0, 128}));
  EXPECT_EQ(network_->encode_audio(tensor::Tensor({0, 13})).shape(), (tensor::Shape{0, 128}));
  const tensor::Tensor none({0, 128});
  EXPECT_EQ(network_->classify(none, none).shape(), (tensor::Shape{0, 2}));
}

TEST_F(LrAsdTest, RefusesIncompleteInput) {
  const std::vector<std::uint8_t> crop(ActiveSpeaker::kCropBytes - 1);
  EXPECT_THROW(network_->encode_faces(crop), Error);
  EXPECT_THROW(network_->encode_audio(tensor::Tensor::zeros({7, 13})), Error);
}

TEST(ActiveSpeaker, RefusesWeightsOfAnotherNetwork) {
  ATTUNE_REQUIRE_SHARED("models/silero_vad/silero_vad_16k.safetensors");
  EXPECT_THROW(open_active_speaker(WeightFile::open(
                   shared_folder() / "models/silero_vad/silero_vad_16k.safetensors")),
               Error);
}

}  // namespace
}  // namespace attune::models
