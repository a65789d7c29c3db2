#include "models/whisper/word_times.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/whisper/time_warping.h"

namespace attune::models::whisper {
namespace {

constexpr int kMedianFrames = 7;

/// The weights over the first `frames` frames, as if softmax had been over these alone.
tensor::Tensor over_frames(const tensor::Tensor& attention, std::int64_t frames) {
  const std::int64_t heads = attention.dim(0);
  const std::int64_t tokens = attention.dim(1);
  tensor::Tensor cut({heads, tokens, frames});
  for (std::int64_t row = 0; row < heads * tokens; ++row) {
    const float* from = attention.data() + row * attention.dim(2);
    const double sum = std::accumulate(from, from + frames, 0.0);
    const auto scale = sum > 0 ? static_cast<float>(1 / sum) : 0.0f;
    std::transform(from, from + frames, cut.data() + row * frames,
                   [scale](float weight) { return weight * scale; });
  }
  return cut;
}

/// To mean 0 and standard deviation 1 over the tokens, for each head and frame.
void normalise(tensor::Tensor& weights) {
  const std::int64_t tokens = weights.dim(1);
  const std::int64_t frames = weights.dim(2);
  for (std::int64_t head = 0; head < weights.dim(0); ++head) {
    for (std::int64_t frame = 0; frame < frames; ++frame) {
      float* first = weights.data() + head * tokens * frames + frame;
      double sum = 0;
      double squares = 0;
      for (std::int64_t i = 0; i < tokens; ++i) sum += double{first[i * frames]};
      const double mean = sum / static_cast<double>(tokens);
      for (std::int64_t i = 0; i < tokens; ++i) {
        const double difference = first[i * frames] - mean;
        squares += difference * difference;
      }
      const double deviation = std::sqrt(squares / static_cast<double>(tokens));
      for (std::int64_t i = 0; i < tokens; ++i)
        first[i * frames] =
            deviation > 0 ? static_cast<float>((first[i * frames] - mean) / deviation) : 0.0f;
    }
  }
}

/// Rows [first, end), mean over the heads.
tensor::Tensor mean_over_heads(const tensor::Tensor& weights, std::int64_t first,
                               std::int64_t end) {
  const std::int64_t heads = weights.dim(0);
  const std::int64_t frames = weights.dim(2);
  tensor::Tensor mean = tensor::Tensor::zeros({end - first, frames});
  for (std::int64_t head = 0; head < heads; ++head) {
    const float* rows = weights.data() + (head * weights.dim(1) + first) * frames;
    for (std::int64_t i = 0; i < mean.size(); ++i)
      mean.data()[i] += rows[i] / static_cast<float>(heads);
  }
  return mean;
}

}  // namespace

std::vector<int> token_times(const tensor::Tensor& attention, std::int64_t first,
                             std::int64_t end) {
  tensor::Tensor weights = attention.clone();
  normalise(weights);
  median_filter(weights, kMedianFrames);
  std::vector<int> times = warp(mean_over_heads(weights, first, end));
  times.push_back(static_cast<int>(attention.dim(2)));
  return times;
}

void separate(std::vector<RecognizedWord>& words, Duration length) {
  constexpr Duration kShortest = kTimestampStep;
  const auto count = static_cast<std::int64_t>(words.size());
  if (count * kShortest > length) {
    for (std::int64_t i = 0; i < count; ++i)
      words[static_cast<std::size_t>(i)].span = {length * i / count, length * (i + 1) / count};
    return;
  }
  Timestamp earliest{};
  for (RecognizedWord& word : words) {
    word.span.start = std::max(word.span.start, earliest);
    word.span.end = std::max(word.span.end, word.span.start + kShortest);
    earliest = word.span.end;
  }
  Timestamp latest = length;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    word->span.end = std::min(word->span.end, latest);
    word->span.start = std::min(word->span.start, word->span.end - kShortest);
    latest = word->span.start;
  }
}

std::vector<RecognizedWord> time_words(TokenModel& model, const Tokenizer& tokenizer,
                                       std::span<const Token> prompt, std::span<const Token> text,
                                       std::span<const float> probabilities, bool without_spaces,
                                       Duration sound) {
  if (text.empty()) return {};
  std::vector<Token> tokens(prompt.begin(), prompt.end());
  tokens.push_back(tokenizer.special().no_timestamps);
  const auto first = static_cast<std::int64_t>(tokens.size());
  tokens.insert(tokens.end(), text.begin(), text.end());
  tokens.push_back(tokenizer.special().end_of_text);
  const tensor::Tensor attention = model.attention(tokens);
  const std::int64_t frames = std::clamp<std::int64_t>(sound / kTimestampStep, 1, attention.dim(2));
  // A token is heard while it is predicted, when the one before it is fed. The row that predicts
  // the end takes what follows the last word.
  const std::vector<int> times = token_times(over_frames(attention, frames), first - 1,
                                             static_cast<std::int64_t>(tokens.size()) - 1);
  std::vector<RecognizedWord> words;
  for (SpelledWord& word : divide_into_words(tokenizer, text, without_spaces)) {
    const auto own = probabilities.subspan(word.first, word.end - word.first);
    const double sum = std::accumulate(own.begin(), own.end(), 0.0);
    words.push_back({{times[word.first] * kTimestampStep, times[word.end] * kTimestampStep},
                     std::move(word.text),
                     static_cast<float>(sum / static_cast<double>(own.size()))});
  }
  separate(words, sound);
  return words;
}

}  // namespace attune::models::whisper
