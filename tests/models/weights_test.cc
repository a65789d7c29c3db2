#include "models/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <random>

#include "core/error.h"
#include "models/pickle.h"
#include "npz.h"

namespace attune::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  return bytes;
}

std::string safetensors(const std::string& header, const std::string& data) {
  return bytes_of<std::uint64_t>({header.size()}) + header + data;
}

const std::string kHeader = R"({"__metadata__":{"licence":"Apache-2.0"},)"
                            R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                            R"("h":{"dtype":"F16","shape":[5],"data_offsets":[16,26]},)"
                            R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[26,30]},)"
                            R"("i":{"dtype":"I8","shape":[3],"data_offsets":[30,33]}})";

std::string good_safetensors() {
  return safetensors(kHeader,
                     bytes_of<float>({1, 2, 3, 4}) +
                         bytes_of<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x7C00, 0x3555}) +
                         bytes_of<std::uint16_t>({0x3F80, 0xC020}) +
                         bytes_of<std::int8_t>({-128, 0, 127}));
}

// A pickled {"w": tensor [2, 3] at offset 1 of storage "7"}, with the global that rebuilds it.
std::string pickle(const std::string& rebuild = "torch._utils\n_rebuild_tensor_v2\n",
                   const std::string& storage = "torch\nFloatStorage\n") {
  const auto text = [](const std::string& s) {
    return "X" + bytes_of<std::uint32_t>({static_cast<std::uint32_t>(s.size())}) + s;
  };
  return std::string("\x80\x02", 2) + "ccollections\nOrderedDict\n)R(" + text("w") + "c" + rebuild +
         "((" + text("storage") + "c" + storage + text("7") + text("cpu") + "K\x08" + "tQ" +
         "K\x01" + "K\x02K\x03\x86" + "K\x03K\x01\x86" + "\x89" + "ccollections\nOrderedDict\n)R" +
         "tRu.";
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries,
                   bool compressed = false) {
  const auto path =
      fs::temp_directory_path() / ("attune-weights-" + std::to_string(::getpid()) + ".zip");
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  for (const auto& [name, content] : entries) {
    zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const auto index = zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  zip_close(archive);
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  fs::remove(path);
  return bytes;
}

std::string good_checkpoint() {
  return zip_of({{"archive/data.pkl", pickle()},
                 {"archive/data/7", bytes_of<float>({0, 1, 2, 3, 4, 5, 6, 7})}});
}

std::string field(int number, const std::string& content) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(content.size()) +
         content;
}
std::string field(int number, int value) {
  return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

std::string good_onnx() {
  const std::string initialiser =
      field(1, 2) + field(1, 1) + field(2, 1) + field(8, "w") + field(9, bytes_of<float>({5, 6}));
  const std::string node = field(1, "input") + field(1, "w") + field(2, "y") + field(4, "Conv");
  return field(1, 6) + field(7, field(1, node) + field(5, initialiser));
}

class WeightFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = fs::temp_directory_path() /
            ("attune-weights-" + std::to_string(::getpid()) + "-" + info->name());
  }
  void TearDown() override { fs::remove(path_); }

  WeightFile opened(const std::string& bytes) const {
    fs::remove(path_);  // overwriting would make some file systems flush each time
    std::ofstream(path_, std::ios::binary) << bytes;
    return WeightFile::open(path_);
  }

  std::string failure(const std::string& bytes) const {
    try {
      opened(bytes);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel);
      EXPECT_THAT(error.what(), HasSubstr(path_.string()));
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }

  /// Opens a damaged file and reads all of it: the only failure allowed is Error(kModel).
  void survives(const std::string& bytes) const {
    try {
      const WeightFile file = opened(bytes);
      for (const std::string& name : file.names()) file.tensor(name);
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kModel) << error.what();
    }
  }

  void survives_damage(const std::string& good, unsigned seed, int rounds,
                       std::size_t vulnerable) const {
    std::mt19937 random(seed);
    vulnerable = std::min(vulnerable, good.size());
    for (int i = 0; i < rounds; ++i) {
      SCOPED_TRACE("round " + std::to_string(i));
      std::string bytes = good;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        bytes[random() % vulnerable] ^= static_cast<char>(1U << random() % 8);
      survives(bytes);
      survives(good.substr(0, random() % good.size()));
    }
  }

  fs::path path_;
};

std::vector<float> values(const tensor::Tensor& tensor) {
  return {tensor.values().begin(), tensor.values().end()};
}

TEST_F(WeightFileTest, ReadsSafetensorsOfEveryType) {
  const WeightFile file = opened(good_safetensors());
  EXPECT_EQ(file.metadata().at("licence"), "Apache-2.0");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b", "h", "i"}));
  EXPECT_EQ(file.tensor("a").shape(), (tensor::Shape{2, 2}));
  EXPECT_EQ(values(file.tensor("a")), (std::vector<float>{1, 2, 3, 4}));
  const auto half = values(file.tensor("h"));
  EXPECT_EQ(half[0], 1.0F);
  EXPECT_EQ(half[1], -2.0F);
  EXPECT_EQ(half[2], 0x1p-24F);
  EXPECT_TRUE(std::isinf(half[3]));
  EXPECT_FLOAT_EQ(half[4], 0.333251953125F);
  EXPECT_EQ(values(file.tensor("b")), (std::vector<float>{1.0F, -2.5F}));
  EXPECT_EQ(values(file.tensor("i")), (std::vector<float>{-128, 0, 127}));
}

TEST_F(WeightFileTest, SaysWhichTensorIsMissingOrMisshapen) {
  const WeightFile file = opened(good_safetensors());
  try {
    file.tensor("conv.weight");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"conv.weight\""));
  }
  try {
    file.tensor("a", {2, 3});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[2, 2]"));
    EXPECT_THAT(error.what(), HasSubstr("[2, 3]"));
  }
  EXPECT_NO_THROW(file.tensor("a", {-1, 2}));
}

TEST_F(WeightFileTest, RefusesSafetensorsThatContradictThemselves) {
  const std::string data(16, '\0');
  const auto entry = [&](const std::string& text) { return safetensors(text, data); };
  EXPECT_THAT(failure(entry(R"({"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}})")),
              HasSubstr("\"a\""));
  EXPECT_THAT(failure(entry(R"({"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}})")),
              HasSubstr("truncated"));
  EXPECT_THAT(failure(entry(R"({"a":{"dtype":"Q4","shape":[4],"data_offsets":[0,16]}})")),
              HasSubstr("Q4"));
  failure(entry(R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})"));
  failure(entry(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})"));
  failure(entry(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})"));
  failure(entry(R"({"a":{"dtype":"F32","shape":[4]}})"));
  failure(entry(R"({"a":[1,2,3]})"));
  failure(entry(R"({"a":)"));
}

TEST_F(WeightFileTest, RefusesFilesThatAreNoWeights) {
  failure("");
  failure("WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n");
  failure(std::string(1000, '\0'));
  failure(zip_of({{"hello.txt", "hello"}}));
  EXPECT_THROW(WeightFile::open("/does/not/exist.onnx"), Error);
  EXPECT_THROW(WeightFile::open(fs::temp_directory_path()), Error);
}

TEST_F(WeightFileTest, ReadsTorchCheckpoints) {
  const WeightFile file = opened(good_checkpoint());
  EXPECT_EQ(file.names(), std::vector<std::string>{"w"});
  EXPECT_EQ(file.tensor("w").shape(), (tensor::Shape{2, 3}));
  EXPECT_EQ(values(file.tensor("w")), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(WeightFileTest, ExecutesNothing) {
  for (const char* call : {"os\nsystem\n", "builtins\neval\n", "posix\nsystem\n",
                           "torch._utils\n_rebuild_sparse_tensor\n"}) {
    const auto message = failure(zip_of({{"archive/data.pkl", pickle(call)}}));
    EXPECT_THAT(message, HasSubstr("nothing is executed"));
  }
  // A bare call that PyTorch's own loader would run: cos system, (command), R.
  const std::string attack = "cos\nsystem\n(X" + bytes_of<std::uint32_t>({4}) + "true" + "tR.";
  EXPECT_THAT(failure(zip_of({{"archive/data.pkl", attack}})), HasSubstr("os.system"));
  // OBJ and INST build instances of any class.
  failure(zip_of({{"archive/data.pkl", "(cos\nsystem\no."}}));
  failure(zip_of({{"archive/data.pkl", "(ios\nsystem\n."}}));
}

TEST_F(WeightFileTest, RefusesCheckpointsThatContradictThemselves) {
  EXPECT_THAT(failure(zip_of({{"archive/data.pkl", pickle()}})), HasSubstr("archive/data/7"));
  EXPECT_THAT(failure(zip_of({{"archive/data.pkl", pickle()},
                              {"archive/data/7", bytes_of<float>({1, 2, 3, 4, 5, 6})}})),
              HasSubstr("\"w\""));
  EXPECT_THAT(failure(zip_of({{"archive/data.pkl",
                               pickle("torch._utils\n_rebuild_tensor_v2\n", "torch\nOddStorage\n")},
                              {"archive/data/7", std::string(64, '\0')}})),
              HasSubstr("OddStorage"));
  EXPECT_THAT(
      failure(zip_of({{"archive/data.pkl", pickle()}, {"archive/data/7", std::string(1000, '\0')}},
                     true)),
      HasSubstr("compressed"));
  std::string flipped = good_checkpoint();
  flipped[flipped.find(bytes_of<float>({3, 4})) + 3] ^= 1;
  EXPECT_THAT(failure(flipped), HasSubstr("checksum"));
}

TEST_F(WeightFileTest, ReadsOnnxInitialisersAndNodes) {
  const WeightFile file = opened(good_onnx());
  EXPECT_EQ(file.tensor("w").shape(), (tensor::Shape{2, 1}));
  EXPECT_EQ(values(file.tensor("w")), (std::vector<float>{5, 6}));
  ASSERT_EQ(file.nodes().size(), 1U);
  EXPECT_EQ(file.nodes()[0].operation, "Conv");
  EXPECT_EQ(file.nodes()[0].inputs, (std::vector<std::string>{"input", "w"}));
}

TEST_F(WeightFileTest, RefusesOnnxThatContradictsItself) {
  const auto model = [](const std::string& initialiser) {
    return field(1, 6) + field(7, field(5, initialiser));
  };
  EXPECT_THAT(
      failure(model(field(1, 3) + field(2, 1) + field(8, "w") + field(9, bytes_of<float>({5, 6})))),
      HasSubstr("\"w\""));
  EXPECT_THAT(failure(model(field(1, 2) + field(2, 8) + field(8, "s") + field(9, "xy"))),
              HasSubstr("type 8"));
  EXPECT_THAT(failure(model(field(1, 2) + field(2, 1) + field(8, "w") + field(14, 1))),
              HasSubstr("another file"));
  failure(field(1, 6));
  failure(field(1, 6) + field(7, field(1, "")).substr(0, 2));
}

TEST_F(WeightFileTest, DamagedFilesAreErrorsAndNothingWorse) {
  survives_damage(good_safetensors(), 1, 400, 400);
  survives_damage(good_onnx(), 2, 400, 400);
  survives_damage(good_checkpoint(), 3, 400, 1000);
}

TEST(Pickle, DamageIsAnErrorAndNothingWorse) {
  std::mt19937 random(4);
  const std::string good = pickle();
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good.substr(0, random() % 20 == 0 ? random() % good.size() : good.size());
    for (unsigned changes = 1 + random() % 3; changes > 0 && !bytes.empty(); --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      read_pickled_tensors(std::as_bytes(std::span(bytes)));
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kModel) << error.what();
    }
  }
}

TEST_F(WeightFileTest, DamagedPublishedFilesAreErrorsAndNothingWorse) {
  for (const char* name : {"yunet/yunet_s_320_320.onnx", "silero_vad/silero_vad_16k.safetensors",
                           "lr_asd/finetuning_TalkSet.model"}) {
    ATTUNE_REQUIRE_SHARED(fs::path("models") / name);
    std::ifstream file(shared_folder() / "models" / name, std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(file), {});
    survives_damage(good, 5, 25, 40000);
  }
}

}  // namespace
}  // namespace attune::models
