#include "models/whisper/decoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "models/whisper/compression.h"
#include "models/whisper/languages.h"
#include "scripted_model.h"
#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Compression, RatioTellsLoopsFromSpeech) {
  EXPECT_EQ(compression_ratio(""), 0);
  // RFC 1950: two bytes of header, four of checksum, and a block of at least 2 bytes.
  EXPECT_NEAR(compression_ratio("a"), 1.0 / 9, 1e-9);
  EXPECT_LT(compression_ratio("ask not what your country can do for you"), 1.2);
  std::string loop;
  for (int i = 0; i < 20; ++i) loop += "thank you very much. ";
  EXPECT_GT(compression_ratio(loop), 10);
}

class DecodingTest : public testing::Test {
 protected:
  Tokenizer tokenizer_{vocabulary_of({" a", " b", " c"}), kMultilingualSize};
  const SpecialTokens special_ = tokenizer_.special();
  const Token zero_ = special_.first_timestamp;
  const Token end_ = special_.end_of_text;
  static constexpr Token kA = text_token(0);
  static constexpr Token kB = text_token(1);

  void put(std::span<float> logits, Token token, double probability) const {
    logits[static_cast<std::size_t>(token)] = static_cast<float>(std::log(probability));
  }
};

TEST_F(DecodingTest, ThePromptNamesLanguageAndTask) {
  std::vector<Token> fed_first;
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() == 3) fed_first = fed;
    says(3, {zero_, kA}, end_)(fed, l);
  });
  DecodingOptions options;
  options.language = find_language("de");
  options.task = Task::kTranslate;
  const auto window = WindowDecoder(tokenizer_, options).decode(model);
  EXPECT_THAT(fed_first, ElementsAre(50258, 50261, 50358));
  EXPECT_THAT(window.tokens, ElementsAre(zero_, kA));
  EXPECT_THAT(window.probabilities, ElementsAre(1, 1));
  EXPECT_EQ(window.temperature, 0);
}

TEST_F(DecodingTest, TheLikeliestLanguageIsTaken) {
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() == 1) {
      put(l, special_.first_language + 4, 0.5);   // ru
      put(l, special_.first_language + 11, 0.3);  // ca
      put(l, kA, 0.2);
    }
    says(3, {zero_, kA}, end_)(fed, l);
  });
  EXPECT_EQ(WindowDecoder(tokenizer_, {}).decode(model).language, *find_language("Russian"));
  // The text before has a language of its own; it is not asked.
  ScriptedModel with_text(kMultilingualSize,
                          [&](const std::vector<Token>& fed, std::span<float> l) {
                            if (fed.size() == 1) put(l, special_.first_language + 4, 0.5);
                            if (fed.size() == 3) put(l, special_.first_language + 7, 0.9);
                            says(5, {zero_, kA}, end_)(fed, l);
                          });
  const std::vector<Token> before = {kB};
  EXPECT_EQ(WindowDecoder(tokenizer_, {}).decode(with_text, before).language,
            *find_language("Russian"));
}

TEST_F(DecodingTest, TheLastPreviousTextGoesInFront) {
  std::vector<Token> prompt;
  ScriptedModel model(
      kMultilingualSize,
      [&](const std::vector<Token>& fed, std::span<float> l) {
        if (fed.back() == special_.transcribe) prompt = fed;
        const std::size_t size = prompt.empty() ? 1000 : prompt.size();
        says(size, {zero_, kA}, end_)(fed, l);
      },
      20);
  DecodingOptions options;
  options.language = 0;
  std::vector<Token> previous(30, kA);
  previous.back() = kB;
  WindowDecoder(tokenizer_, options).decode(model, previous);
  // Half of the 20 tokens: the mark and 9 of text; then start, language, task.
  ASSERT_EQ(prompt.size(), 13U);
  EXPECT_EQ(prompt[0], special_.previous);
  EXPECT_EQ(prompt[9], kB);
  EXPECT_EQ(prompt[10], special_.start_of_transcript);
}

TEST_F(DecodingTest, TextNeverOutgrowsTheContext) {
  std::size_t longest = 0;
  ScriptedModel model(
      kMultilingualSize,
      [&](const std::vector<Token>& fed, std::span<float> l) {
        longest = std::max(longest, fed.size());
        says(13, std::vector<Token>{zero_, kA}, kB)(fed, l);
      },
      20);
  DecodingOptions options;
  options.language = 0;
  options.temperatures = {0};
  const auto window = WindowDecoder(tokenizer_, options).decode(model, std::vector<Token>(30, kA));
  EXPECT_LE(longest, 20U);
  EXPECT_EQ(window.tokens.size(), 7U);
}

TEST_F(DecodingTest, AnUnlikelyTextIsTriedAgainWarmer) {
  // Eight equally likely words each time: mean log-probability about -2.
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() < 4) return says(3, {zero_}, end_)(fed, l);
    if (fed.size() == 12) return put(l, end_, 1);
    for (int i = 0; i < 8; ++i) put(l, 'a' - '!' + i, 0.125);
  });
  DecodingOptions options;
  options.language = 0;
  auto window = WindowDecoder(tokenizer_, options).decode(model);
  EXPECT_EQ(window.temperature, 1) << "none is likely enough; the last is kept";
  EXPECT_NEAR(window.mean_log_probability, 8 * std::log(0.125) / 10, 1e-4);
  EXPECT_EQ(window.tokens.size(), 9U);
  options.log_probability_limit = -3;
  window = WindowDecoder(tokenizer_, options).decode(model);
  EXPECT_EQ(window.temperature, 0);
}

TEST_F(DecodingTest, ALoopIsTriedAgainWarmer) {
  // At temperature 0 "a" goes on; drawn texts come to "b" and end.
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() < 4) return says(3, {zero_}, end_)(fed, l);
    if (fed.back() == kB) return put(l, end_, 1);
    put(l, kA, 0.55);
    put(l, kB, 0.45);
  });
  DecodingOptions options;
  options.language = 0;
  options.beam_size = 1;
  const auto window = WindowDecoder(tokenizer_, options).decode(model);
  EXPECT_GT(window.temperature, 0);
  EXPECT_LE(window.compression_ratio, 2.4);
  EXPECT_EQ(window.tokens.back(), kB);
  options.temperatures = {0};
  EXPECT_GT(WindowDecoder(tokenizer_, options).decode(model).compression_ratio, 2.4);
}

TEST_F(DecodingTest, NoSpeechNeedsBothSigns) {
  const auto decode = [&](double no_speech, double word) {
    ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
      if (fed.size() == 1) {
        put(l, special_.no_speech, no_speech);
        put(l, special_.first_language, 1 - no_speech);
      }
      if (fed.size() == 3) put(l, zero_, 1);
      if (fed.size() < 4) return;
      put(l, kA, word / 2);
      put(l, kB, word / 2);
      for (int i = 0; i < 60; ++i) put(l, 'A' - '!' + i % 26, (1 - word) / 60);
      if (fed.size() == 8) put(l, end_, 5);
    });
    return WindowDecoder(tokenizer_, {}).decode(model);
  };
  const auto unlikely = decode(0.7, 0.01);
  EXPECT_THAT(unlikely.tokens, IsEmpty());
  EXPECT_NEAR(unlikely.no_speech_probability, 0.7, 1e-4);
  EXPECT_EQ(unlikely.temperature, 0) << "silence is not tried again";
  EXPECT_FALSE(decode(0.7, 0.99).tokens.empty()) << "a trusted text";
  EXPECT_FALSE(decode(0.5, 0.01).tokens.empty()) << "speech";
}

TEST_F(DecodingTest, EnglishOnlyModelsStartWithOneToken) {
  const Tokenizer tokenizer(vocabulary_of({" a"}), kEnglishSize);
  const SpecialTokens special = tokenizer.special();
  ScriptedModel model(kEnglishSize,
                      says(1, {special.first_timestamp, text_token(0)}, special.end_of_text));
  const auto window = WindowDecoder(tokenizer, {}).decode(model);
  EXPECT_THAT(window.tokens, ElementsAre(special.first_timestamp, text_token(0)));
  EXPECT_EQ(window.language, 0);
}

TEST_F(DecodingTest, WhatTheModelCannotDoIsRefused) {
  const auto message = [](const Tokenizer& tokenizer, DecodingOptions options) -> std::string {
    try {
      WindowDecoder decoder(tokenizer, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return {};
  };
  const Tokenizer english(vocabulary_of({}), kEnglishSize);
  DecodingOptions translate;
  translate.task = Task::kTranslate;
  EXPECT_THAT(message(english, translate), HasSubstr("cannot translate"));
  const auto in = [](const char* language) {
    DecodingOptions options;
    options.language = find_language(language);
    return options;
  };
  EXPECT_THAT(message(english, in("de")), HasSubstr("German"));
  EXPECT_THAT(message(tokenizer_, in("yue")), HasSubstr("Cantonese"));
  EXPECT_EQ(message(english, in("en")), "");
  DecodingOptions cold;
  cold.temperatures.clear();
  EXPECT_THAT(message(tokenizer_, cold), HasSubstr("temperature"));
}

}  // namespace
}  // namespace attune::models::whisper
