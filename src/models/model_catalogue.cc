#include "models/model_catalogue.h"

#include <algorithm>
#include <array>
#include <vector>

#include "models/whisper_catalogue.h"

namespace attune::models {
namespace {

const std::string kLrAsd =
    "https://raw.githubusercontent.com/Junhua-Liao/LR-ASD/"
    "1b6dcd2d8fc2895683de6508ec6294ec47d388ca/weight/";
const std::string kLightAsd =
    "https://raw.githubusercontent.com/Junhua-Liao/Light-ASD/"
    "ed38c232de5efe0261dbd68627c0ade7cdfe14eb/weight/";
const std::string kYunet =
    "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
    "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/";
const std::string kSilero =
    "https://raw.githubusercontent.com/snakers4/silero-vad/"
    "806dcba3f0b5d95282d0889a074954a2f8c6397b/src/silero_vad/data/";

std::vector<ModelInfo> make_catalogue() {
  std::vector<ModelInfo> catalogue = {
      {.name = "yunet",
       .role = ModelRole::kFaceDetector,
       .file = "yunet/yunet_n_dynamic.onnx",
       .description = "YuNet-n: faces with five landmarks",
       .quality = 0.911,
       .face_crop = "",
       .licence = "Apache-2.0",
       .url = kYunet + "yunet_n_dynamic.onnx",
       .sha256 = "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
       .sha1 = "",
       .size_bytes = 322906},
      {.name = "attune-face",
       .role = ModelRole::kFaceDetector,
       .file = "attune-face.safetensors",
       .description = "faces with five landmarks, photographed and drawn",
       .quality = 0.846,
       .face_crop = "",
       .licence = "Apache-2.0",
       .url = "",
       .sha256 = "",
       .sha1 = "",
       .size_bytes = 0},
      {.name = "yunet-s",
       .role = ModelRole::kFaceDetector,
       .file = "yunet/yunet_s_320_320.onnx",
       .description = "YuNet-s: smaller and faster than yunet, misses more small faces",
       .face_crop = "",
       .licence = "Apache-2.0",
       .url = kYunet + "yunet_s_320_320.onnx",
       .sha256 = "beb05bf2378aee45cd7c41056da07265b7bb91041ed1b06f923819a9c744ec36",
       .sha1 = "",
       .size_bytes = 232557},
      {.name = "attune-align",
       .role = ModelRole::kAligner,
       .file = "attune-align.safetensors",
       .description = "audio and face encoders, cross-attention, speaking heads",
       .quality = 0.995,
       .face_crop = "",
       .licence = "Apache-2.0",
       .url = "",
       .sha256 = "",
       .sha1 = "",
       .size_bytes = 0},
      {.name = "lr_asd-ava",
       .role = ModelRole::kActiveSpeaker,
       .file = "lr_asd/pretrain_AVA.model",
       .description = "LR-ASD trained on AVA-ActiveSpeaker",
       .quality = 0.659,
       .face_crop = "ava",
       .licence = "MIT",
       .url = kLrAsd + "pretrain_AVA.model",
       .sha256 = "85e6c77fc981595234790d1e128ebb60352d37726b2445e0ef8891e2512fe9e3",
       .sha1 = "",
       .size_bytes = 3426337},
      {.name = "lr_asd",
       .role = ModelRole::kActiveSpeaker,
       .file = "lr_asd/finetuning_TalkSet.model",
       .description = "LR-ASD trained on TalkSet: speaking score of a face with its sound",
       .quality = 0.482,
       .face_crop = "columbia",
       .licence = "MIT",
       .url = kLrAsd + "finetuning_TalkSet.model",
       .sha256 = "6b4ef53694e874e96cf630198dc479c78aebb3993bbf166aee3d926dfe7d9342",
       .sha1 = "",
       .size_bytes = 3426337},
      {.name = "light_asd",
       .role = ModelRole::kActiveSpeaker,
       .file = "light_asd/finetuning_TalkSet.model",
       .description = "Light-ASD trained on TalkSet",
       .face_crop = "columbia",
       .licence = "MIT",
       .url = kLightAsd + "finetuning_TalkSet.model",
       .sha256 = "efc375833887eefa9d209dc92810e18519b04c3c73ea35a549f2a7f40b7d94d5",
       .sha1 = "",
       .size_bytes = 4175289},
      {.name = "light_asd-ava",
       .role = ModelRole::kActiveSpeaker,
       .file = "light_asd/pretrain_AVA_CVPR.model",
       .description = "Light-ASD trained on AVA-ActiveSpeaker",
       .face_crop = "ava",
       .licence = "MIT",
       .url = kLightAsd + "pretrain_AVA_CVPR.model",
       .sha256 = "d44bc3ea7baa8e0946fa3921311714a630ed8b90a1928fab0dbe30d918909317",
       .sha1 = "",
       .size_bytes = 4175289},
      {.name = "silero_vad",
       .role = ModelRole::kSpeechActivity,
       .file = "silero_vad/silero_vad_16k.safetensors",
       .description = "Silero VAD: probability of speech, 16 kHz",
       .quality = 0.972,
       .face_crop = "",
       .licence = "MIT",
       .url = kSilero + "silero_vad_16k.safetensors",
       .sha256 = "c59271c284ae9c8335d795d60e0bfdb71aaaceec578d9bd9ffc1b8153c319ea1",
       .sha1 = "",
       .size_bytes = 1239748},
  };
  for (ModelInfo& model : whisper_catalogue()) catalogue.push_back(std::move(model));
  return catalogue;
}

}  // namespace

std::string_view name(ModelRole role) {
  switch (role) {
    case ModelRole::kFaceDetector:
      return "face_detector";
    case ModelRole::kAligner:
      return "aligner";
    case ModelRole::kActiveSpeaker:
      return "active_speaker";
    case ModelRole::kSpeechActivity:
      return "speech_activity";
    case ModelRole::kCaptioner:
      break;
  }
  return "captioner";
}

std::string_view quality_measure(ModelRole role) {
  switch (role) {
    case ModelRole::kFaceDetector:
      return "average precision at IoU 0.5 on faces of 24 pixels and more (mean of video frames, a "
             "conversation, photos and crowds)";
    case ModelRole::kAligner:
      return "area under ROC at 1 s: the true sound against another person's, its own shifted, and "
             "frozen pictures (mean over corpora)";
    case ModelRole::kActiveSpeaker:
      return "average precision of speaking in mixed scenes, for each face and 40 ms";
    case ModelRole::kSpeechActivity:
      return "share of 40 ms tokens right on GRID's word times";
    case ModelRole::kCaptioner:
      break;
  }
  return "not measured; larger ones are taken to be better";
}

std::span<const ModelInfo> model_catalogue() {
  static const std::vector<ModelInfo> catalogue = make_catalogue();
  return catalogue;
}

const ModelInfo* find_model(std::string_view name) {
  const auto catalogue = model_catalogue();
  const auto found = std::find_if(catalogue.begin(), catalogue.end(),
                                  [&](const ModelInfo& model) { return model.name == name; });
  return found == catalogue.end() ? nullptr : &*found;
}

}  // namespace attune::models
