#include "models/whisper/word_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "models/whisper/time_warping.h"
#include "scripted_model.h"
#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The greatest sum over all paths, by trying them.
double best_path(const tensor::Tensor& matrix, std::int64_t row, std::int64_t column) {
  const double here = matrix.at({row, column});
  if (row == 0 && column == 0) return here;
  double before = -1e9;
  if (row > 0) before = std::max(before, best_path(matrix, row - 1, column));
  if (column > 0) before = std::max(before, best_path(matrix, row, column - 1));
  if (row > 0 && column > 0) before = std::max(before, best_path(matrix, row - 1, column - 1));
  return here + before;
}

/// The best sum of a path whose rows begin where it is said: the columns in between are free.
double path_through(const tensor::Tensor& matrix, const std::vector<int>& first) {
  double sum = 0;
  for (std::size_t row = 0; row < first.size(); ++row) {
    const auto r = static_cast<std::int64_t>(row);
    const bool last_row = row + 1 == first.size();
    const std::int64_t next = last_row ? matrix.dim(1) - 1 : first[row + 1];
    double best = -1e9;
    double run = 0;
    for (std::int64_t column = first[row]; column <= next; ++column) {
      run += matrix.at({r, column});
      // A row's last column is the next row's first (a step down) or the one before it.
      if (last_row ? column == next : column >= next - 1) best = std::max(best, run);
    }
    sum += best;
  }
  return sum;
}

TEST(TimeWarping, FindsTheBestOfAllPaths) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t rows = 1 + static_cast<std::int64_t>(random() % 5);
    const std::int64_t columns = 1 + static_cast<std::int64_t>(random() % 7);
    tensor::Tensor matrix({rows, columns});
    for (float& value : matrix.values()) value = static_cast<float>(random() % 1000) / 500 - 1;
    const auto first = warp(matrix);
    ASSERT_EQ(static_cast<std::int64_t>(first.size()), rows);
    EXPECT_EQ(first.front(), 0);
    EXPECT_TRUE(std::ranges::is_sorted(first));
    EXPECT_NEAR(path_through(matrix, first), best_path(matrix, rows - 1, columns - 1), 1e-4);
  }
}

TEST(TimeWarping, FollowsABand) {
  auto matrix = tensor::Tensor::filled({3, 9}, -1);
  for (std::int64_t i = 0; i < 9; ++i) matrix.at({i < 2 ? 0 : i < 6 ? 1 : 2, i}) = 1;
  EXPECT_THAT(warp(matrix), ElementsAre(0, 2, 6));
}

TEST(MedianFilter, AgreesWithSorting) {
  tensor::Tensor row({2, 6}, std::vector<float>{5, 1, 9, 2, 8, 3, 0, 0, 100, 0, 0, 0});
  median_filter(row, 3);
  // Mirrored without the edge itself: 1 5 1 | 5 1 9 | 1 9 2 | 9 2 8 | 2 8 3 | 8 3 8.
  EXPECT_THAT(std::vector<float>(row.data(), row.data() + 6), ElementsAre(1, 5, 2, 8, 3, 8));
  EXPECT_THAT(std::vector<float>(row.data() + 6, row.data() + 12), testing::Each(0))
      << "an outlier vanishes";
  tensor::Tensor brief({1, 3}, std::vector<float>{3, 1, 2});
  median_filter(brief, 7);
  EXPECT_THAT(std::vector<float>(brief.data(), brief.data() + 3), ElementsAre(3, 1, 2));
}

/// [heads, tokens, frames]: token t looks at frames [begin[t], begin[t + 1]).
tensor::Tensor band(const std::vector<std::int64_t>& begin, std::int64_t frames, int heads) {
  const auto tokens = static_cast<std::int64_t>(begin.size()) - 1;
  auto weights = tensor::Tensor::filled({heads, tokens, frames}, 1e-4f);
  for (std::int64_t head = 0; head < heads; ++head)
    for (std::int64_t token = 0; token < tokens; ++token)
      for (auto frame = begin[static_cast<std::size_t>(token)];
           frame < begin[static_cast<std::size_t>(token) + 1]; ++frame)
        weights.at({head, token, frame}) = 0.02f;
  return weights;
}

TEST(TokenTimes, AreWhereTheTokensLook) {
  const auto weights = band({0, 0, 20, 50, 90, 120, 150}, 150, 3);
  EXPECT_THAT(token_times(weights, 1, 6), ElementsAre(0, 20, 50, 90, 120, 150));
}

TEST(TokenTimes, AHeadThatLooksAstrayIsOutvoted) {
  auto weights = band({0, 20, 50, 90, 120, 150}, 150, 3);
  for (std::int64_t token = 0; token < 5; ++token)
    for (std::int64_t frame = 0; frame < 150; ++frame)
      weights.at({0, token, frame}) = frame % 11 == 4 * token % 11 ? 0.02f : 1e-4f;
  const auto times = token_times(weights, 0, 5);
  EXPECT_NEAR(times[1], 20, 3);
  EXPECT_NEAR(times[2], 50, 3);
  EXPECT_NEAR(times[3], 90, 3);
}

TEST(WordTimes, ComeFromTheRowsThatPredictTheWord) {
  const Tokenizer tokenizer(vocabulary_of({" one", " tw", "o", ","}), kEnglishSize);
  ScriptedModel model(kEnglishSize, [](const auto&, auto) {});
  // Fed: start, no timestamps, one, tw, o, end. The row of a token is the one that is fed before
  // it.
  model.weights = [](const std::vector<Token>&) {
    return band({0, 0, 25, 50, 75, 100, 1500}, 1500, 2);
  };
  const std::vector<Token> prompt = {tokenizer.special().start_of_transcript};
  const std::vector<Token> text = {text_token(0), text_token(1), 'o' - '!'};
  const std::vector<float> probabilities = {0.9f, 0.8f, 0.4f};
  const auto words = time_words(model, tokenizer, prompt, text, probabilities, false, 2s);
  EXPECT_THAT(model.attended, ElementsAre(prompt[0], tokenizer.special().no_timestamps, text[0],
                                          text[1], text[2], tokenizer.special().end_of_text));
  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].text, "one");
  EXPECT_EQ(words[0].span, (TimeSpan{0s, 500ms}));
  EXPECT_FLOAT_EQ(words[0].confidence, 0.9f);
  EXPECT_EQ(words[1].text, "two");
  EXPECT_EQ(words[1].span, (TimeSpan{500ms, 1500ms}));
  EXPECT_FLOAT_EQ(words[1].confidence, 0.6f);
}

std::vector<RecognizedWord> words_at(const std::vector<std::pair<Duration, Duration>>& spans) {
  std::vector<RecognizedWord> words;
  for (const auto& [start, end] : spans) words.push_back({{start, end}, "w", 1});
  return words;
}

TEST(SeparateWords, LeavesGoodTimesAlone) {
  auto words = words_at({{0ms, 100ms}, {100ms, 300ms}, {500ms, 800ms}});
  const auto before = words;
  separate(words, 1s);
  for (std::size_t i = 0; i < words.size(); ++i) EXPECT_EQ(words[i].span, before[i].span);
}

TEST(SeparateWords, GivesEachAPlaceOfItsOwn) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<Duration, Duration>> spans;
    Duration at{};
    for (std::size_t i = 0; i < 1 + random() % 30; ++i) {
      const Duration start = at;
      at += random() % 4 * 10ms;
      spans.push_back({start, at});
    }
    const Duration length = std::max<Duration>(100ms, random() % 80 * 10ms);
    auto words = words_at(spans);
    separate(words, length);
    Timestamp end{};
    for (const RecognizedWord& word : words) {
      EXPECT_GE(word.span.start, end);
      EXPECT_GT(word.span.end, word.span.start);
      end = word.span.end;
    }
    EXPECT_LE(end, length);
  }
}

}  // namespace
}  // namespace attune::models::whisper
