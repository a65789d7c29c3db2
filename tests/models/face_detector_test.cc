#include "models/face_detector.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "npz.h"

namespace attune::models {
namespace {

struct Golden {
  const char* picture;
  const char* variant;
  const char* weights;
};

void PrintTo(const Golden& g, std::ostream* os) {
  *os << g.picture << "_" << g.variant;
}

class YuNetGoldens : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    ATTUNE_REQUIRE_SHARED(std::filesystem::path("goldens") /
                          (std::string(GetParam().picture) + ".npz"));
    ATTUNE_REQUIRE_SHARED(std::filesystem::path("models/yunet") / GetParam().weights);
  }
};

TEST_P(YuNetGoldens, FacesAgreeWithTheReference) {
  const auto [picture, variant, weights] = GetParam();
  const Npz golden(shared_folder() / "goldens" / (std::string(picture) + ".npz"));
  const FaceDetector detector(WeightFile::open(shared_folder() / "models/yunet" / weights));
  const NpyArray& image = golden["image"];
  const auto faces = detector.detect(image.bytes.data(), static_cast<int>(image.shape[1]),
                                     static_cast<int>(image.shape[0]), image.shape[1] * 3);
  const std::string prefix = std::string(variant) + "_";
  const auto boxes = golden.tensor(prefix + "boxes");
  const auto landmarks = golden.tensor(prefix + "kps");
  const auto scores = golden.tensor(prefix + "scores");
  ASSERT_EQ(static_cast<std::int64_t>(faces.size()), boxes.dim(0));
  for (std::int64_t i = 0; i < boxes.dim(0); ++i) {
    const DetectedFace& face = faces[static_cast<std::size_t>(i)];
    EXPECT_NEAR(face.begin.x, boxes.at({i, 0}), 0.01);
    EXPECT_NEAR(face.begin.y, boxes.at({i, 1}), 0.01);
    EXPECT_NEAR(face.end.x, boxes.at({i, 2}), 0.01);
    EXPECT_NEAR(face.end.y, boxes.at({i, 3}), 0.01);
    EXPECT_NEAR(face.score, scores.at({i}), 1e-4);
    for (std::int64_t j = 0; j < 5; ++j) {
      EXPECT_NEAR(face.landmarks[static_cast<std::size_t>(j)].x, landmarks.at({i, 2 * j}), 0.01);
      EXPECT_NEAR(face.landmarks[static_cast<std::size_t>(j)].y, landmarks.at({i, 2 * j + 1}),
                  0.01);
    }
  }
}

TEST_P(YuNetGoldens, RawOutputsAgreeWithTheReference) {
  const auto [picture, variant, weights] = GetParam();
  const Npz golden(shared_folder() / "goldens" / (std::string(picture) + ".npz"));
  const YuNet network(WeightFile::open(shared_folder() / "models/yunet" / weights));
  const tensor::Tensor image = golden.tensor("image");
  const auto size = golden["padded_hw"].as<std::int64_t>();
  auto input = tensor::Tensor::zeros({1, size.at(0), size.at(1), 3});
  for (std::int64_t y = 0; y < image.dim(0); ++y)
    for (std::int64_t x = 0; x < image.dim(1); ++x)
      for (std::int64_t c = 0; c < 3; ++c) input.at({0, y, x, c}) = image.at({y, x, c});
  const auto outputs = network(input);
  for (std::size_t level = 0; level < outputs.size(); ++level) {
    const auto cells = outputs[level].reshaped({-1, YuNet::kOutputs});
    const auto stride = std::to_string(YuNet::kStrides[level]);
    const auto expected = [&](const char* what) {
      return golden.tensor(std::string(variant) + "_" + what + "_" + stride);
    };
    const auto cls = expected("cls");
    const auto obj = expected("obj");
    const auto bbox = expected("bbox");
    const auto kps = expected("kps");
    ASSERT_EQ(cells.dim(0), cls.dim(0));
    double worst = 0;
    const auto compare = [&](double actual, double reference) {
      worst = std::max(worst, std::abs(actual - reference));
    };
    const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
    for (std::int64_t i = 0; i < cells.dim(0); ++i) {
      compare(sigmoid(cells.at({i, 0})), cls.at({i, 0}));
      compare(sigmoid(cells.at({i, 1})), obj.at({i, 0}));
      for (std::int64_t j = 0; j < 4; ++j) compare(cells.at({i, 2 + j}), bbox.at({i, j}));
      for (std::int64_t j = 0; j < 10; ++j) compare(cells.at({i, 6 + j}), kps.at({i, j}));
    }
    EXPECT_LT(worst, 1e-3) << "stride " << stride;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Pictures, YuNetGoldens,
    testing::Values(Golden{"yunet_0_cnn_0", "n", "yunet_n_320_320.onnx"},
                    Golden{"yunet_0_cnn_0", "s", "yunet_s_320_320.onnx"},
                    Golden{"yunet_1_cnn_24", "n", "yunet_n_dynamic.onnx"},
                    Golden{"yunet_2_interview_12", "n", "yunet_n_dynamic.onnx"},
                    Golden{"yunet_2_interview_12", "s", "yunet_s_320_320.onnx"},
                    Golden{"yunet_3_msdwild_12", "n", "yunet_n_320_320.onnx"},
                    Golden{"yunet_4_demo1_24", "s", "yunet_s_320_320.onnx"}),
    [](const auto& info) {
      return std::string(info.param.picture) + "_" + info.param.variant +
             (std::string(info.param.weights).find("dynamic") != std::string::npos ? "_dynamic"
                                                                                   : "");
    });

TEST(FaceDetector, RefusesWeightsOfAnotherNetwork) {
  ATTUNE_REQUIRE_SHARED("models/silero_vad/silero_vad_16k.safetensors");
  const auto file =
      WeightFile::open(shared_folder() / "models/silero_vad/silero_vad_16k.safetensors");
  try {
    const FaceDetector detector(file);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_NE(std::string(error.what()).find("silero_vad_16k.safetensors"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("backbone.model0.conv1"), std::string::npos);
  }
}

}  // namespace
}  // namespace attune::models
