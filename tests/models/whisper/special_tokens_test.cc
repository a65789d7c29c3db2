#include "models/whisper/special_tokens.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "models/whisper/languages.h"

namespace attune::models::whisper {
namespace {

using namespace std::chrono_literals;

TEST(SpecialTokens, EnglishOnlyIdsAreThePublishedOnes) {
  const auto tokens = SpecialTokens::for_vocabulary(51864);
  EXPECT_FALSE(tokens.multilingual);
  EXPECT_EQ(tokens.end_of_text, 50256);
  EXPECT_EQ(tokens.start_of_transcript, 50257);
  EXPECT_EQ(tokens.translate, 50357);
  EXPECT_EQ(tokens.transcribe, 50358);
  EXPECT_EQ(tokens.start_of_lm, 50359);
  EXPECT_EQ(tokens.previous, 50360);
  EXPECT_EQ(tokens.no_speech, 50361);
  EXPECT_EQ(tokens.no_timestamps, 50362);
  EXPECT_EQ(tokens.first_timestamp, 50363);
}

TEST(SpecialTokens, MultilingualIdsAreThePublishedOnes) {
  const auto tokens = SpecialTokens::for_vocabulary(51865);
  EXPECT_TRUE(tokens.multilingual);
  EXPECT_EQ(tokens.end_of_text, 50257);
  EXPECT_EQ(tokens.start_of_transcript, 50258);
  EXPECT_EQ(tokens.first_language, 50259);
  EXPECT_EQ(tokens.language_count, 99);
  EXPECT_EQ(tokens.translate, 50358);
  EXPECT_EQ(tokens.transcribe, 50359);
  EXPECT_EQ(tokens.no_timestamps, 50363);
  EXPECT_EQ(tokens.first_timestamp, 50364);
  EXPECT_EQ(tokens.time(51864), 30s) << "the last token is 30.00 s";
}

TEST(SpecialTokens, Version3HasALanguageMore) {
  const auto tokens = SpecialTokens::for_vocabulary(51866);
  EXPECT_EQ(tokens.end_of_text, 50257);
  EXPECT_EQ(tokens.language_count, 100);
  EXPECT_EQ(tokens.translate, 50359);
  EXPECT_EQ(tokens.transcribe, 50360);
  EXPECT_EQ(tokens.start_of_lm, 50361);
  EXPECT_EQ(tokens.no_timestamps, 50364);
  EXPECT_EQ(tokens.first_timestamp, 50365);
  EXPECT_EQ(tokens.time(51865), 30s);
}

TEST(SpecialTokens, OtherSizesAreNoWhisperModels) {
  for (const int size : {0, 51863, 51867, 32000}) {
    try {
      SpecialTokens::for_vocabulary(size);
      ADD_FAILURE() << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel);
      EXPECT_NE(std::string(error.what()).find(std::to_string(size)), std::string::npos);
    }
  }
}

TEST(Languages, AreInThePublishedOrder) {
  // Ids from the published tokenizer: <|en|> 50259, <|de|> 50261, <|ja|> 50266, <|cy|> 50297,
  // <|su|> 50357, and <|yue|> 50358 in large-v3.
  const auto tokens = SpecialTokens::for_vocabulary(51865);
  const auto id = [&](std::string_view code) {
    return tokens.first_language + find_language(code).value_or(-1000);
  };
  EXPECT_EQ(id("en"), 50259);
  EXPECT_EQ(id("de"), 50261);
  EXPECT_EQ(id("ja"), 50266);
  EXPECT_EQ(id("cy"), 50297);
  EXPECT_EQ(id("su"), 50357);
  EXPECT_EQ(id("yue"), 50358);
}

TEST(Languages, CodesAndNamesAreUniqueAndFound) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < languages().size(); ++i) {
    EXPECT_TRUE(seen.insert(languages()[i].code).second) << languages()[i].code;
    EXPECT_TRUE(seen.insert(languages()[i].name).second) << languages()[i].name;
    EXPECT_EQ(find_language(languages()[i].name), static_cast<int>(i));
  }
  EXPECT_EQ(languages().size(), 100U);
  EXPECT_EQ(find_language("german"), find_language("DE"));
  EXPECT_FALSE(find_language("klingon"));
  EXPECT_FALSE(find_language(""));
}

TEST(Languages, SixAreWrittenWithoutSpaces) {
  int count = 0;
  for (std::size_t i = 0; i < languages().size(); ++i)
    count += written_without_spaces(static_cast<int>(i)) ? 1 : 0;
  EXPECT_EQ(count, 6);
  EXPECT_TRUE(written_without_spaces(*find_language("Thai")));
  EXPECT_FALSE(written_without_spaces(*find_language("ko")));
}

}  // namespace
}  // namespace attune::models::whisper
