#include "models/whisper/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/error.h"
#include "scripted_model.h"
#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

using testing::ElementsAre;

class SearchTest : public testing::Test {
 protected:
  PromptState prompt(TokenModel& model) const {
    PromptState prompt{model.start(), {}};
    TokenState* const states[] = {prompt.state.get()};
    const std::vector<Token> start = {tokenizer_.special().start_of_transcript};
    const auto logits = model.step(states, start);
    prompt.logits.assign(logits.values().begin(), logits.values().end());
    return prompt;
  }

  Tokenizer tokenizer_{vocabulary_of({" a", " b", " c"}), kMultilingualSize};
  LogitRules rules_{tokenizer_};
  const Token zero_ = tokenizer_.special().first_timestamp;
  const Token end_ = tokenizer_.special().end_of_text;
  static constexpr Token kA = text_token(0);
  static constexpr Token kB = text_token(1);
  static constexpr Token kC = text_token(2);
};

/// Sets probabilities.
void set(std::span<float> logits, const std::map<Token, double>& probabilities) {
  for (const auto& [token, p] : probabilities)
    logits[static_cast<std::size_t>(token)] = static_cast<float>(std::log(p));
}

TEST_F(SearchTest, ABeamFindsWhatGreedyMisses) {
  // a is likelier first (0.6), but all that follows it is unlikely; b leads to a text of 0.4 * 0.9.
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() == 1) set(l, {{zero_, 1}});
    if (fed.size() == 2) set(l, {{kA, 0.6}, {kB, 0.4}});
    if (fed.size() == 3 && fed.back() == kA) set(l, {{kA, 0.3}, {kB, 0.3}, {kC, 0.4}});
    if (fed.size() == 3 && fed.back() == kB) set(l, {{kC, 0.9}, {kA, 0.1}});
    if (fed.size() == 4) set(l, {{end_, 1}});
  });
  const auto greedy = sample(model, rules_, prompt(model), end_, 0, 1, 10, 0);
  EXPECT_THAT(greedy.front().tokens, ElementsAre(zero_, kA, kC));
  EXPECT_NEAR(greedy.front().sum_log_probability, std::log(0.6 * 0.4), 1e-5);
  EXPECT_TRUE(greedy.front().ended());
  EXPECT_NEAR(greedy.front().mean_log_probability(), std::log(0.24) / 4, 1e-5);

  const auto beam = beam_search(model, rules_, prompt(model), end_, 2, 10);
  EXPECT_THAT(best(beam).tokens, ElementsAre(zero_, kB, kC));
  EXPECT_NEAR(best(beam).sum_log_probability, std::log(0.36), 1e-5);
  EXPECT_NEAR(best(beam).score(), std::log(0.36) / 3, 1e-5);
  EXPECT_NEAR(std::exp(best(beam).log_probabilities[1]), 0.4, 1e-5);
}

TEST_F(SearchTest, AWideBeamIsExhaustive) {
  // Probabilities follow from the text in a way that has no order to it.
  const auto probabilities = [&](const std::vector<Token>& fed) {
    std::map<Token, double> result;
    if (fed.size() == 1) return std::map<Token, double>{{zero_, 1.0}};
    double sum = 0;
    for (const Token token : {kA, kB, kC, end_}) {
      std::uint32_t hash = static_cast<std::uint32_t>(token) * 2654435761u;
      for (const Token one : fed) hash = (hash ^ static_cast<std::uint32_t>(one)) * 16777619u;
      sum += result[token] = 0.05 + (hash >> 20) / 4096.0;
    }
    for (auto& [token, p] : result) p /= sum;
    return result;
  };
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    set(l, probabilities(fed));
  });
  constexpr std::size_t kLongest = 4;  // the timestamp and three words: 1 + 3 + 9 ended, 27 cut
  std::map<std::vector<Token>, double> all;
  const std::function<void(std::vector<Token>, double)> enumerate = [&](std::vector<Token> text,
                                                                        double sum) {
    if (text.size() == kLongest) {
      all[text] = sum;
      return;
    }
    std::vector<Token> fed = text;
    fed.insert(fed.begin(), tokenizer_.special().start_of_transcript);
    for (const auto& [token, p] : probabilities(fed)) {
      if (token == end_) {
        all[text] = sum + std::log(p);
        continue;
      }
      std::vector<Token> next = text;
      next.push_back(token);
      enumerate(next, sum + std::log(p));
    }
  };
  enumerate({}, 0);
  ASSERT_EQ(all.size(), 40U);
  const auto found = beam_search(model, rules_, prompt(model), end_, 40, kLongest);
  ASSERT_EQ(found.size(), all.size());
  const std::vector<Token>* likeliest = nullptr;
  double best_score = -1e9;
  for (const auto& [text, sum] : all) {
    const double score = sum / static_cast<double>(text.size());
    if (score <= best_score) continue;
    best_score = score;
    likeliest = &text;
  }
  for (const Hypothesis& one : found) {
    ASSERT_TRUE(all.contains(one.tokens));
    EXPECT_NEAR(one.sum_log_probability, all[one.tokens], 1e-5);
  }
  EXPECT_EQ(best(found).tokens, *likeliest);
}

TEST_F(SearchTest, DrawnTextsFollowTheSeedAlone) {
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() == 1)
      set(l, {{zero_, 1}});
    else
      set(l, {{kA, 0.4}, {kB, 0.3}, {kC, 0.2}, {end_, 0.1}});
  });
  const auto once = sample(model, rules_, prompt(model), end_, 1, 5, 30, 7);
  const auto again = sample(model, rules_, prompt(model), end_, 1, 5, 30, 7);
  const auto alone = sample(model, rules_, prompt(model), end_, 1, 1, 30, 7 + 3);
  const auto other = sample(model, rules_, prompt(model), end_, 1, 5, 30, 1000);
  ASSERT_EQ(once.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(once[i].tokens, again[i].tokens);
  EXPECT_EQ(alone[0].tokens, once[3].tokens) << "a text does not depend on those beside it";
  EXPECT_NE(once[0].tokens, once[1].tokens);
  EXPECT_NE(once[0].tokens, other[0].tokens);
}

TEST_F(SearchTest, TokensAreDrawnAsOftenAsTheTemperatureSays) {
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>& fed, std::span<float> l) {
    if (fed.size() == 1)
      set(l, {{zero_, 1}});
    else
      set(l, {{kA, 0.8}, {kB, 0.2}});
  });
  for (const double temperature : {1.0, 0.5}) {
    const auto texts = sample(model, rules_, prompt(model), end_, temperature, 10, 51, 1);
    int a = 0;
    int all = 0;
    for (const Hypothesis& text : texts) {
      EXPECT_EQ(text.tokens.size(), 51U);
      EXPECT_FALSE(text.ended());
      for (std::size_t i = 1; i < text.tokens.size(); ++i, ++all) {
        a += text.tokens[i] == kA ? 1 : 0;
        // Whatever the temperature, a token's probability is the model's.
        EXPECT_NEAR(std::exp(text.log_probabilities[i]), text.tokens[i] == kA ? 0.8 : 0.2, 1e-4);
      }
    }
    // softmax(log p / T): 0.8 at 1; 0.64 / (0.64 + 0.04) at 0.5. Three standard deviations.
    const double p = temperature == 1.0 ? 0.8 : 0.64 / 0.68;
    EXPECT_NEAR(static_cast<double>(a) / all, p, 3 * std::sqrt(p * (1 - p) / all));
  }
}

TEST_F(SearchTest, OneStepFeedsAllTextsThatAreOpen) {
  ScriptedModel model(kMultilingualSize, says(1, {zero_, kA, kB}, end_));
  const auto start = prompt(model);
  model.steps = 0;
  sample(model, rules_, start, end_, 1, 5, 30, 0);
  EXPECT_EQ(model.steps, 3) << "after the timestamp, a and b";
}

TEST_F(SearchTest, DamagedWeightsAreReported) {
  ScriptedModel model(kMultilingualSize, [&](const std::vector<Token>&, std::span<float> l) {
    std::ranges::fill(l, std::nanf(""));
  });
  EXPECT_THROW(sample(model, rules_, prompt(model), end_, 0, 1, 30, 0), Error);
  EXPECT_THROW(beam_search(model, rules_, prompt(model), end_, 5, 30), Error);
}

}  // namespace
}  // namespace attune::models::whisper
