#include "models/whisper/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../npz.h"
#include "models/whisper/hugging_face_vocabulary.h"
#include "models/whisper/pre_tokens.h"
#include "test_vocabulary.h"
#include "tests/thrown_error.h"

namespace attune::models::whisper {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PreTokens, DivideAsGpt2Does) {
  EXPECT_THAT(pre_tokens("Hello world"), ElementsAre("Hello", " world"));
  EXPECT_THAT(pre_tokens("I'm sure they'll've gone"),
              ElementsAre("I", "'m", " sure", " they", "'ll", "'ve", " gone"));
  EXPECT_THAT(pre_tokens("in 2026, 3.5%"), ElementsAre("in", " 2026", ",", " 3", ".", "5", "%"));
  EXPECT_THAT(pre_tokens("a  b"), ElementsAre("a", " ", " b"));
  EXPECT_THAT(pre_tokens("a \n b "), ElementsAre("a", " \n", " b", " "));
  EXPECT_THAT(pre_tokens("a\nb"), ElementsAre("a", "\n", "b"));
  EXPECT_THAT(pre_tokens("Grüße, Ærøskøbing ½ 漢字"),
              ElementsAre("Grüße", ",", " Ærøskøbing", " ½", " 漢字"));
  EXPECT_THAT(pre_tokens("'Sup 'til"), ElementsAre("'", "Sup", " '", "til"));
  EXPECT_THAT(pre_tokens("\xFFx"), ElementsAre("\xFF", "x"));
  EXPECT_TRUE(pre_tokens("").empty());
}

TEST(Tokenizer, MergesTheLowestIdFirst) {
  const Tokenizer tokenizer(vocabulary_of({"bc", "ab", "abc", "aa", "aaaa"}), kMultilingualSize);
  const auto byte = [&](const char* text) { return tokenizer.encode(text).front(); };
  // bc comes before ab, and abc is made of ab and c or of a and bc.
  EXPECT_THAT(tokenizer.encode("abc"), ElementsAre(text_token(2)));
  EXPECT_THAT(tokenizer.encode("abcd"), ElementsAre(text_token(2), byte("d")));
  EXPECT_THAT(tokenizer.encode("dabd"), ElementsAre(byte("d"), text_token(1), byte("d")));
  EXPECT_THAT(tokenizer.encode("aaaaa"), ElementsAre(text_token(4), byte("a")));
}

TEST(Tokenizer, CharactersMayBeDividedAmongTokens) {
  const Tokenizer tokenizer(vocabulary_of({}), kMultilingualSize);
  const auto tokens = tokenizer.encode("€");
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokenizer.decode(tokens), "€");
  EXPECT_EQ(tokenizer.decode(std::span(tokens).first(2)), "\xEF\xBF\xBD");
  EXPECT_EQ(tokenizer.bytes(tokens[0]), "\xE2");
}

TEST(Tokenizer, SpecialTokensHaveNoText) {
  const Tokenizer tokenizer(vocabulary_of({}), kMultilingualSize);
  const SpecialTokens& special = tokenizer.special();
  const std::vector<Token> tokens = {special.start_of_transcript,
                                     tokenizer.encode("a").front(),
                                     special.first_timestamp,
                                     special.end_of_text,
                                     -1,
                                     99999};
  EXPECT_EQ(tokenizer.decode(tokens), "a");
}

TEST(Tokenizer, AVocabularyThatDoesNotFitIsRefused) {
  auto vocabulary = vocabulary_of({});
  vocabulary.resize(50255);
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { Tokenizer(vocabulary, kEnglishSize); }),
              HasSubstr("50255 tokens"));
  vocabulary = vocabulary_of({});
  vocabulary.resize(51866);
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { Tokenizer(vocabulary, kMultilingualSize); }),
              HasSubstr("does not fit"));
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { Tokenizer(vocabulary_of({}), 32000); }),
              HasSubstr("32000"));
  vocabulary = vocabulary_of({});
  std::swap(vocabulary[10], vocabulary[11]);
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { Tokenizer(vocabulary, kMultilingualSize); }),
              HasSubstr("token 10 is \",\""));
}

/// The vocabulary of a file in the ggml format, read without the code under test.
std::vector<std::string> file_vocabulary(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto number = [&] {
    std::int32_t value = 0;
    file.read(reinterpret_cast<char*>(&value), 4);
    return value;
  };
  file.seekg(4 * 12);
  const std::int64_t bands = number();
  file.seekg(bands * number() * 4, std::ios::cur);
  std::vector<std::string> vocabulary(static_cast<std::size_t>(number()));
  for (std::string& token : vocabulary) {
    token.resize(static_cast<std::size_t>(number()));
    file.read(token.data(), static_cast<std::streamsize>(token.size()));
  }
  EXPECT_TRUE(file.good());
  return vocabulary;
}

const char* const kTexts[] = {
    "And so, my fellow Americans: ask not what your country can do for you.",
    " It's 10:45 p.m. -- isn't it?  Two  spaces\n\tand a tab",
    "Grüße aus Köln, señor! Ça va? Привет, мир. Γειά σου. 你好，世界。こんにちは。สวัสดี",
    "שלום עולם مرحبا 👩‍👩‍👧 ½ ② \xEF\xBF\xBD",
    "\xC3\x28 not UTF-8 \xFF",
};

TEST(Tokenizer, AgreesWithGpt2sKnownTokens) {
  ATTUNE_REQUIRE_SHARED("models/ggml-vocab/for-tests-ggml-tiny.en.bin");
  const Tokenizer tokenizer(
      file_vocabulary(shared_folder() / "models/ggml-vocab/for-tests-ggml-tiny.en.bin"),
      kEnglishSize);
  EXPECT_THAT(tokenizer.encode("Hello, world!"), ElementsAre(15496, 11, 995, 0));
  EXPECT_THAT(tokenizer.encode("This is a test"), ElementsAre(1212, 318, 257, 1332));
  EXPECT_THAT(tokenizer.encode("The quick brown fox jumps over the lazy dog"),
              ElementsAre(464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290));
  EXPECT_THAT(tokenizer.encode(" "), ElementsAre(220));
  EXPECT_THAT(tokenizer.encode("I'm"), ElementsAre(40, 1101));
}

TEST(Tokenizer, RealVocabulariesGiveEveryTextBack) {
  ATTUNE_REQUIRE_SHARED("models/ggml-vocab");
  for (const auto& [file, size] : {std::pair("for-tests-ggml-tiny.en.bin", kEnglishSize),
                                   std::pair("for-tests-ggml-tiny.bin", kMultilingualSize)}) {
    const auto vocabulary = file_vocabulary(shared_folder() / "models/ggml-vocab" / file);
    const Tokenizer tokenizer(vocabulary, size);
    const auto round_trip = [&](const std::string& text) {
      std::string bytes;
      for (const Token token : tokenizer.encode(text)) bytes += tokenizer.bytes(token);
      return bytes;
    };
    for (const std::string text : kTexts) EXPECT_EQ(round_trip(text), text) << file;
    for (std::size_t id = 0; id < 50256; id += 7)
      EXPECT_EQ(round_trip(vocabulary[id]), vocabulary[id]) << file << " " << id;
  }
}

class HuggingFaceVocabulary : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("attune-vocabulary-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  fs::path folder_;
};

TEST_F(HuggingFaceVocabulary, StandInsBecomeBytes) {
  // Ġ is the space, Ċ the line feed, Ã and © the two bytes of é; < and | are themselves.
  write("vocab.json", R"({"!": 0, "Ġthe": 1, "ĊĊ": 2, "Ã©": 3, "<|": 4, "<|endoftext|>": 5})");
  EXPECT_THAT(read_hugging_face_vocabulary(folder_), ElementsAre("!", " the", "\n\n", "é", "<|"));
}

TEST_F(HuggingFaceVocabulary, TheTokenizersOwnFileComesFirst) {
  write("vocab.json", "broken");
  write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"b": 1, "a": 0}}})");
  EXPECT_THAT(read_hugging_face_vocabulary(folder_), ElementsAre("a", "b"));
}

TEST_F(HuggingFaceVocabulary, EveryByteHasAStandIn) {
  // GPT-2's table in its own words: printable bytes are themselves, the others 256, 257, ...
  nlohmann::json vocabulary;
  int other = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    const int c = printable ? byte : other++;
    const std::string spelling = c < 0x80 ? std::string(1, static_cast<char>(c))
                                          : std::string{static_cast<char>(0xC0 | c >> 6),
                                                        static_cast<char>(0x80 | (c & 63))};
    vocabulary[spelling] = byte;
  }
  write("vocab.json", vocabulary.dump());
  const auto tokens = read_hugging_face_vocabulary(folder_);
  ASSERT_EQ(tokens.size(), 256U);
  for (int byte = 0; byte < 256; ++byte)
    EXPECT_EQ(tokens[static_cast<std::size_t>(byte)], std::string(1, static_cast<char>(byte)));
}

TEST_F(HuggingFaceVocabulary, DamageIsNamed) {
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("vocab.json"));
  write("vocab.json", "{\"a\": ");
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("no JSON"));
  write("vocab.json", "[1, 2]");
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("vocabulary"));
  write("vocab.json", R"({"a": -4})");
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("\"a\""));
  write("vocab.json", R"({"a": 4000000000})");
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("\"a\""));
  write("vocab.json", R"({"漢": 1})");
  EXPECT_THAT(thrown_error(ErrorKind::kModel, [&] { read_hugging_face_vocabulary(folder_); }),
              HasSubstr("no byte"));
}

}  // namespace
}  // namespace attune::models::whisper
