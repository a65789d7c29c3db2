#include "models/whisper/logit_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

class LogitRulesTest : public testing::Test {
 protected:
  LogitRulesTest() : tokenizer_(vocabulary_of({" word", "[[", " ("}), kMultilingualSize) {}

  /// Timestamp token of a time in hundredths of a second.
  Token at(int hundredths) const { return special_.first_timestamp + hundredths / 2; }

  /// Which tokens may follow when a word and the end are by far the likeliest.
  std::vector<bool> allowed(const std::vector<Token>& sampled) const {
    std::vector<float> logits(kMultilingualSize, -30.0f);
    logits[static_cast<std::size_t>(kWord)] = 0;
    logits[static_cast<std::size_t>(special_.end_of_text)] = 0;
    rules_.apply(sampled, logits);
    std::vector<bool> result;
    for (const float logit : logits) result.push_back(!std::isinf(logit));
    return result;
  }

  static constexpr Token kWord = text_token(0);
  Tokenizer tokenizer_;
  SpecialTokens special_ = tokenizer_.special();
  LogitRules rules_{tokenizer_};
};

TEST_F(LogitRulesTest, TheFirstTokenIsATimestampUpToOneSecond) {
  const auto may = allowed({});
  for (Token token = 0; token < kMultilingualSize; ++token)
    EXPECT_EQ(may[static_cast<std::size_t>(token)], token >= at(0) && token <= at(100)) << token;
}

TEST_F(LogitRulesTest, SpecialTokensAreNeverText) {
  const auto may = allowed({at(0)});
  EXPECT_TRUE(may[static_cast<std::size_t>(kWord)]);
  EXPECT_TRUE(may[static_cast<std::size_t>(special_.end_of_text)]);
  for (Token token = special_.start_of_transcript; token <= special_.no_timestamps; ++token)
    EXPECT_FALSE(may[static_cast<std::size_t>(token)]) << token;
}

TEST_F(LogitRulesTest, AfterTheFirstTimestampComesText) {
  const auto may = allowed({at(0)});
  for (Token token = at(0); token < kMultilingualSize; ++token)
    EXPECT_FALSE(may[static_cast<std::size_t>(token)]);
}

TEST_F(LogitRulesTest, ATextEndsLaterThanItBegan) {
  const auto may = allowed({at(50), kWord});
  EXPECT_TRUE(may[static_cast<std::size_t>(kWord)]);
  EXPECT_FALSE(may[static_cast<std::size_t>(at(48))]);
  EXPECT_FALSE(may[static_cast<std::size_t>(at(50))]);
  EXPECT_TRUE(may[static_cast<std::size_t>(at(52))]);
}

TEST_F(LogitRulesTest, OneTimestampIsFollowedByItsPartnerOrTheEnd) {
  const auto may = allowed({at(0), kWord, at(200)});
  for (Token token = 0; token < kMultilingualSize; ++token)
    EXPECT_EQ(may[static_cast<std::size_t>(token)],
              token == special_.end_of_text || token >= at(200))
        << token;
}

TEST_F(LogitRulesTest, AfterAPairComesTextOrTheEnd) {
  const auto may = allowed({at(0), kWord, at(200), at(240)});
  EXPECT_TRUE(may[static_cast<std::size_t>(kWord)]);
  EXPECT_TRUE(may[static_cast<std::size_t>(special_.end_of_text)]);
  for (Token token = at(0); token < kMultilingualSize; ++token)
    EXPECT_FALSE(may[static_cast<std::size_t>(token)]) << token;
}

TEST_F(LogitRulesTest, NothingGoesBeyondTheLastTimestamp) {
  const auto may = allowed({at(0), kWord, at(3000), at(3000), kWord});
  for (Token token = at(0); token < kMultilingualSize; ++token)
    EXPECT_FALSE(may[static_cast<std::size_t>(token)]) << token;
  EXPECT_TRUE(may[static_cast<std::size_t>(special_.end_of_text)]);
}

TEST_F(LogitRulesTest, LikelyTimestampsTogetherAreDue) {
  // Ten timestamps of probability p each against one word of probability w: ln 10 = 2.303.
  for (const auto& [word, due] : {std::pair(2.2f, true), std::pair(2.4f, false)}) {
    std::vector<float> logits(kMultilingualSize, -50.0f);
    for (int i = 0; i < 10; ++i) logits[static_cast<std::size_t>(at(500 + 2 * i))] = 0;
    logits[static_cast<std::size_t>(kWord)] = word;
    rules_.apply(std::vector<Token>{at(0), kWord}, logits);
    EXPECT_EQ(std::isinf(logits[static_cast<std::size_t>(kWord)]), due) << word;
    EXPECT_EQ(std::isinf(logits[static_cast<std::size_t>(special_.end_of_text)]), due);
    EXPECT_EQ(logits[static_cast<std::size_t>(at(500))], 0);
  }
}

TEST_F(LogitRulesTest, WhatIsNotSpokenIsNotWritten) {
  const auto may = allowed({at(0)});
  for (const std::string one : {"\"", "#", "(", "[", "<", "@", "[[", " ("})
    EXPECT_FALSE(may[static_cast<std::size_t>(tokenizer_.encode(one).front())]) << one;
  for (const std::string one : {".", ",", "?", "!", "'", "-", "$", "%", "&", "7", "a"})
    EXPECT_TRUE(may[static_cast<std::size_t>(tokenizer_.encode(one).front())]) << one;
}

}  // namespace
}  // namespace attune::models::whisper
