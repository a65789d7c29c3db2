// Damaged, truncated and hostile model files: a clear error, never a crash or a great allocation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "core/error.h"
#include "fixtures.h"
#include "models/whisper/decoder.h"
#include "models/whisper/encoder.h"
#include "models/whisper/ggml_file.h"

namespace attune::models::whisper {
namespace {

using tensor::Precision;
using testing::AllOf;
using testing::HasSubstr;

class TestFile {
 public:
  explicit TestFile(const std::string& content, const std::string& name = "model.bin")
      : folder_(std::filesystem::temp_directory_path() /
                ("whisper_bad_file_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path(name), std::ios::binary) << content;
  }
  ~TestFile() { std::filesystem::remove_all(folder_); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  std::filesystem::path path(const std::string& name = "model.bin") const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

/// The message of the error, which must be Error(kModel), or nothing.
std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel) << error.what();
    return error.what();
  }
  return {};
}

std::string error_of_content(const std::string& content) {
  const TestFile file(content);
  return error_of([&] {
    const auto model = ModelFile::open(file.path());
    Encoder(*model, Precision::kFloat32);
    Decoder(model, Precision::kFloat32);
  });
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string result(values.size() * sizeof(T), '\0');
  std::memcpy(result.data(), values.begin(), result.size());
  return result;
}

/// Magic and header of a small model; `change` may spoil a number: vocabulary, audio context,
/// width, heads, layers, text context, width, heads, layers, bands, type.
std::string header(const std::function<void(std::array<std::int32_t, 11>&)>& change = {}) {
  std::array<std::int32_t, 11> sizes{400, 1500, 64, 2, 2, 48, 64, 2, 2, 80, 0};
  if (change) change(sizes);
  std::string result = bytes_of<std::uint32_t>({0x67676d6c});
  for (const std::int32_t size : sizes) result += bytes_of<std::int32_t>({size});
  return result;
}

std::string filters() {
  return bytes_of<std::int32_t>({80, 201}) + std::string(80 * 201 * 4, '\0');
}

/// Header, filters and a vocabulary of one word; tensors may follow.
std::string beginning() {
  return header() + filters() + bytes_of<std::int32_t>({1, 2}) + "ab";
}

std::string tensor_header(std::initializer_list<std::int32_t> dims, std::int32_t type,
                          const std::string& name) {
  return bytes_of<std::int32_t>({static_cast<std::int32_t>(dims.size()),
                                 static_cast<std::int32_t>(name.size()), type}) +
         bytes_of(dims) + name;
}

TEST(WhisperBadFile, WrongMagic) {
  EXPECT_THAT(error_of_content("RIFF" + header()),
              AllOf(HasSubstr("model.bin"), HasSubstr("magic")));
  EXPECT_THAT(error_of_content("lm"), HasSubstr("magic"));
}

TEST(WhisperBadFile, ImpossibleSizes) {
  constexpr std::int32_t kHuge = 0x7FFFFFFF;
  for (std::size_t number = 0; number < 10; ++number)
    for (const std::int32_t value : {0, -1, kHuge})
      EXPECT_THAT(error_of_content(header([&](auto& sizes) { sizes[number] = value; })),
                  HasSubstr("impossible size"))
          << number << " = " << value;
  EXPECT_THAT(error_of_content(header([](auto& sizes) { sizes[3] = 3; })),
              HasSubstr("widths 64 and 64 for 3 and 2 heads"));
  EXPECT_THAT(error_of_content(header([](auto& sizes) { sizes[1] = 1400; })),
              HasSubstr("audio context 1400"));
}

TEST(WhisperBadFile, FiltersOfAnotherSize) {
  EXPECT_THAT(error_of_content(header() + bytes_of<std::int32_t>({128, 201})),
              HasSubstr("mel filters [128, 201]"));
}

TEST(WhisperBadFile, Vocabulary) {
  EXPECT_THAT(error_of_content(header() + filters() + bytes_of<std::int32_t>({401})),
              HasSubstr("a vocabulary of 401 entries where the header has 400 tokens"));
  EXPECT_THAT(error_of_content(header() + filters() + bytes_of<std::int32_t>({2, -1})),
              AllOf(HasSubstr("truncated"), HasSubstr("vocabulary token 0"),
                    HasSubstr("4294967295 bytes")));
}

TEST(WhisperBadFile, Tensors) {
  const std::string name = "encoder.conv1.bias";
  EXPECT_THAT(error_of_content(beginning() + tensor_header({64}, 0, name) + "abc"),
              AllOf(HasSubstr("truncated"), HasSubstr(name), HasSubstr("256 bytes")));
  EXPECT_THAT(error_of_content(beginning() + tensor_header({64}, 14, name)),
              AllOf(HasSubstr(name), HasSubstr("type 14")));
  EXPECT_THAT(error_of_content(beginning() + tensor_header({0x7FFFFFFF, 0x7FFFFFFF}, 0, name)),
              AllOf(HasSubstr(name), HasSubstr("shape")));
  EXPECT_THAT(error_of_content(beginning() + tensor_header({-64}, 0, name)), HasSubstr("shape"));
  // Products that do not fit 64 bits.
  EXPECT_THAT(
      error_of_content(beginning() + tensor_header({1 << 16, 1 << 16, 1 << 16, 1 << 16}, 0, name)),
      AllOf(HasSubstr(name), HasSubstr("shape")));
  EXPECT_THAT(error_of_content(beginning() + tensor_header({828792629, 4, 1 << 30, 24}, 0, name)),
              AllOf(HasSubstr(name), HasSubstr("shape")));
  EXPECT_THAT(error_of_content(beginning() + tensor_header({48}, 8, name)),
              AllOf(HasSubstr("q8_0"), HasSubstr("[48]")));
  EXPECT_THAT(error_of_content(beginning() + bytes_of<std::int32_t>({5, 4, 0})),
              HasSubstr("5 axes"));
  EXPECT_THAT(error_of_content(beginning() + bytes_of<std::int32_t>({1, 1 << 30, 0})),
              HasSubstr("name of 1073741824 bytes"));
  const std::string whole = tensor_header({1}, 0, name) + "abcd";
  EXPECT_THAT(error_of_content(beginning() + whole + whole), HasSubstr("twice"));
  EXPECT_THAT(error_of_content(beginning() + whole),
              HasSubstr("no tensor \"encoder.conv1.weight\""));
  const TestFile file(beginning() + whole);
  EXPECT_THAT(error_of([&] { ModelFile::open(file.path())->tensor(name, {64}); }),
              AllOf(HasSubstr(name), HasSubstr("[64] is needed"), HasSubstr("shape [1]")));
}

TEST(WhisperBadFile, TruncatedAnywhere) {
  const auto folder = fixtures();
  if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
  const std::string whole = content_of(*folder / "q5_1.bin");
  const TestFile file(whole);
  // About two hundred lengths, then each within the header.
  const std::size_t step = whole.size() / 200;
  for (std::size_t length = whole.size() - 1; length > 3; length -= length > step ? step : 1) {
    if (length <= step && length > 60) length = 60;
    std::filesystem::resize_file(file.path(), length);
    const std::string error = error_of([&] {
      const auto model = ModelFile::open(file.path());
      // Cut between two tensors: what is missing is found when it is asked for.
      model->tensor("decoder.ln.bias", {64});
    });
    ASSERT_THAT(error, AllOf(HasSubstr("model.bin"), HasSubstr("trunc")))
        << "at " << length << " of " << whole.size();
  }
}

TEST(WhisperBadFile, AnyFlippedByteIsReadOrRefused) {
  const auto folder = fixtures();
  if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
  const std::string whole = content_of(*folder / "q4_0.bin");
  const std::size_t filters_end = 4 + 44 + 8 + 80 * 201 * 4;
  for (std::size_t i = 0; i < 300; ++i) {
    std::string content = whole;
    const std::size_t at =
        i < 56 ? i : filters_end + (i - 56) * 1009 % (whole.size() - filters_end);
    content[at] = static_cast<char>(content[at] ^ (1 << i % 8));
    const TestFile file(content);
    error_of([&] {
      const auto model = ModelFile::open(file.path());
      model->tensor("decoder.ln.bias", {64});
    });
  }
}

TEST(WhisperBadFile, HuggingFaceConfig) {
  const auto folder = fixtures();
  if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
  const TestFile file(content_of(*folder / "hf" / "model.safetensors"), "model.safetensors");
  const auto open = [&] { ModelFile::open(file.path("model.safetensors")); };
  EXPECT_THAT(error_of(open), HasSubstr("no config.json"));
  std::ofstream(file.path("config.json")) << "{\"vocab_size\": 400}";
  EXPECT_THAT(error_of(open), HasSubstr("config.json"));
  std::ofstream(file.path("config.json")) << "{";
  EXPECT_THAT(error_of(open), HasSubstr("config.json"));
}

class WhisperPieces : public testing::Test {
 protected:
  void SetUp() override {
    const auto all = fixtures();
    if (!all) GTEST_SKIP() << "python3-numpy is not installed";
    whole_ = *all / "hf";
    folder_ =
        std::filesystem::temp_directory_path() / ("whisper_pieces_" + std::to_string(::getpid()));
    std::filesystem::copy(*all / "pieces", folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string error_of_opening() const {
    return error_of([&] { ModelFile::open(folder_); });
  }
  std::filesystem::path piece(int number) const {
    return folder_ / ("model-0000" + std::to_string(number) + "-of-00003.safetensors");
  }
  void write_index(const std::string& text) const {
    std::ofstream(folder_ / "model.safetensors.index.json") << text;
  }

  std::filesystem::path whole_;
  std::filesystem::path folder_;
};

TEST_F(WhisperPieces, AreOneModel) {
  const auto pieces = ModelFile::open(folder_);
  EXPECT_EQ(pieces->path(), folder_ / "model.safetensors.index.json");
  const auto whole = ModelFile::open(whole_);
  for (const char* name :
       {"encoder.blocks.0.attn.query.weight", "encoder.blocks.1.attn.out.weight",
        "decoder.blocks.0.attn.key.weight", "decoder.blocks.1.attn.value.weight"})
    EXPECT_EQ(greatest_difference(pieces->tensor(name, {64, 64}).values(),
                                  whole->tensor(name, {64, 64}).values()),
              0)
        << name;
  std::vector<float> rows[2] = {std::vector<float>(64), std::vector<float>(64)};
  pieces->row("decoder.token_embedding.weight", 7, rows[0]);
  whole->row("decoder.token_embedding.weight", 7, rows[1]);
  EXPECT_EQ(rows[0], rows[1]);
  EXPECT_FALSE(pieces->contains("encoder.blocks.0.attn.key.bias"));
  EXPECT_THAT(error_of([&] { pieces->tensor("encoder.blocks.0.attn.key.bias", {64}); }),
              HasSubstr("no tensor"));
  EXPECT_NO_THROW(Decoder(pieces, Precision::kFloat32));
}

TEST_F(WhisperPieces, AMissingOneIsNamed) {
  std::filesystem::remove(piece(2));
  EXPECT_THAT(error_of_opening(),
              AllOf(HasSubstr("index.json"), HasSubstr("model-00002-of-00003.safetensors"),
                    HasSubstr("missing")));
}

TEST_F(WhisperPieces, ATruncatedOneIsNamed) {
  std::filesystem::resize_file(piece(3), std::filesystem::file_size(piece(3)) - 100);
  EXPECT_THAT(error_of_opening(),
              AllOf(HasSubstr("model-00003-of-00003.safetensors"), HasSubstr("truncated")));
}

TEST_F(WhisperPieces, OneWithoutItsTensorIsNamed) {
  std::filesystem::copy_file(piece(1), piece(2), std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(error_of_opening(), AllOf(HasSubstr("model-00002-of-00003.safetensors"),
                                        HasSubstr("no tensor"), HasSubstr("index.json")));
}

TEST_F(WhisperPieces, AnIndexThatIsNoneIsNamed) {
  for (const char* text :
       {"", "[]", "{\"weight_map\": 3}", "{\"weight_map\": {\"a\": 1}}", "{\"weight_map\": {}}",
        "{\"weight_map\": {\"a\": \"../b\"}}", "{\"weight_map\": {\"a\": \"\"}}"}) {
    write_index(text);
    EXPECT_THAT(error_of_opening(), HasSubstr("model.safetensors.index.json: ")) << text;
  }
}

TEST(WhisperGgmlFile, TypesAndVocabularyAreTheFiles) {
  const auto folder = fixtures();
  if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
  const auto path = *folder / "q5_0.bin";
  const auto model = ModelFile::open(path);
  EXPECT_EQ(model->vocabulary().size(), 300U);
  EXPECT_EQ(model->vocabulary()[42], "t42");
  EXPECT_FALSE(model->contains("encoder.blocks.0.attn.key.bias"));
  const GgmlFile file(path, std::make_unique<const MappedFile>(path));
  EXPECT_EQ(file.type_of("encoder.blocks.1.mlp.0.weight"), GgmlType::kQ5_0);
  EXPECT_EQ(file.type_of("encoder.conv1.weight"), GgmlType::kF16);
  EXPECT_EQ(file.type_of("encoder.blocks.1.mlp.0.bias"), GgmlType::kF32);
}

TEST(WhisperGgmlFile, ARowIsThatOfTheTensor) {
  const auto folder = fixtures();
  if (!folder) GTEST_SKIP() << "python3-numpy is not installed";
  for (const char* form : {"f32.bin", "f16.bin", "q4_1.bin", "q5_1.bin", "q8_0.bin", "hf"}) {
    const auto model = ModelFile::open(*folder / form);
    const auto name = "decoder.token_embedding.weight";
    const auto whole = model->tensor(name, {400, 64});
    std::vector<float> row(64);
    model->row(name, 399, row);
    EXPECT_EQ(greatest_difference(row, whole.values().subspan(399 * 64)), 0) << form;
    EXPECT_NE(error_of([&] { model->row(name, 400, row); }), "") << form;
  }
}

}  // namespace
}  // namespace attune::models::whisper
