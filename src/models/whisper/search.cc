#include "models/whisper/search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/whisper/log_probabilities.h"

namespace attune::models::whisper {
namespace {

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers with every standard library.
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, 1).
  double next() {
    state_ += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

Token draw(std::span<const float> logits, double temperature, RandomNumbers& random) {
  if (temperature == 0) return argmax(logits);
  const float greatest = *std::ranges::max_element(logits);
  std::vector<double> cumulative(logits.size());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    sum += std::exp((logits[i] - greatest) / temperature);
    cumulative[i] = sum;
  }
  const auto place = std::ranges::upper_bound(cumulative, random.next() * sum);
  // Rounding may lead past the last token that is possible at all.
  return place == cumulative.end() ? argmax(logits)
                                   : static_cast<Token>(place - cumulative.begin());
}

/// A text that is still being written.
struct Open {
  Hypothesis text;
  std::unique_ptr<TokenState> state;
  std::vector<float> logits;
};

void append(Hypothesis& text, Token token, double log_probability, Token end_of_text) {
  text.log_probabilities.push_back(static_cast<float>(log_probability));
  text.sum_log_probability += log_probability;
  if (token != end_of_text) text.tokens.push_back(token);
}

/// Feeds each open text its last token, all in one step.
void advance(TokenModel& model, std::vector<Open>& open) {
  std::vector<TokenState*> states;
  std::vector<Token> tokens;
  for (const Open& one : open) {
    states.push_back(one.state.get());
    tokens.push_back(one.text.tokens.back());
  }
  const tensor::Tensor logits = model.step(states, tokens);
  const auto width = static_cast<std::size_t>(logits.dim(1));
  for (std::size_t i = 0; i < open.size(); ++i) {
    const auto row = logits.values().subspan(i * width, width);
    open[i].logits.assign(row.begin(), row.end());
  }
}

struct Continuation {
  std::size_t from = 0;
  Token token = 0;
  double log_probability = 0;
  double sum = 0;
};

/// The `count` likeliest continuations of each open text, the likeliest first; equals in order of
/// text and token.
std::vector<Continuation> continuations(const std::vector<Open>& open, std::size_t count) {
  std::vector<Continuation> all;
  for (std::size_t from = 0; from < open.size(); ++from) {
    const std::vector<float>& logits = open[from].logits;
    const double total = log_sum_exp(logits);
    std::vector<Token> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
    std::partial_sort(order.begin(), middle, order.end(), [&](Token a, Token b) {
      const float left = logits[static_cast<std::size_t>(a)];
      const float right = logits[static_cast<std::size_t>(b)];
      return left != right ? left > right : a < b;
    });
    for (auto token = order.begin(); token != middle; ++token) {
      const double log_probability = logits[static_cast<std::size_t>(*token)] - total;
      if (!std::isfinite(log_probability)) break;
      all.push_back(
          {from, *token, log_probability, open[from].text.sum_log_probability + log_probability});
    }
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &Continuation::sum);
  return all;
}

/// The texts that go on, each with the state of the one it continues.
std::vector<Open> follow(std::vector<Open>& open, const std::vector<Continuation>& chosen,
                         Token end_of_text) {
  std::vector<std::size_t> uses(open.size());
  for (const Continuation& one : chosen) ++uses[one.from];
  std::vector<Open> next;
  for (const Continuation& one : chosen) {
    Open& from = open[one.from];
    auto state = --uses[one.from] == 0 ? std::move(from.state) : from.state->fork();
    next.push_back({from.text, std::move(state), {}});
    append(next.back().text, one.token, one.log_probability, end_of_text);
  }
  return next;
}

Open opened(const PromptState& prompt) {
  return {{}, prompt.state->fork(), prompt.logits};
}

}  // namespace

double Hypothesis::score() const {
  return sum_log_probability / static_cast<double>(std::max<std::size_t>(1, tokens.size()));
}

double Hypothesis::mean_log_probability() const {
  return sum_log_probability / static_cast<double>(tokens.size() + 1);
}

std::vector<Hypothesis> sample(TokenModel& model, const LogitRules& rules,
                               const PromptState& prompt, Token end_of_text, double temperature,
                               int count, std::size_t longest, std::uint64_t seed) {
  std::vector<RandomNumbers> random;
  std::vector<Open> open;
  std::vector<std::size_t> places;
  for (int i = 0; i < count; ++i) {
    random.emplace_back(seed + static_cast<std::uint64_t>(i));
    places.push_back(static_cast<std::size_t>(i));
    open.push_back(opened(prompt));
  }
  std::vector<Hypothesis> done(open.size());
  while (!open.empty()) {
    std::vector<Open> going;
    std::vector<std::size_t> going_places;
    for (std::size_t i = 0; i < open.size(); ++i) {
      Open& one = open[i];
      rules.apply(one.text.tokens, one.logits);
      const Token token = draw(one.logits, temperature, random[places[i]]);
      append(one.text, token, one.logits[static_cast<std::size_t>(token)] - log_sum_exp(one.logits),
             end_of_text);
      if (one.text.ended() || one.text.tokens.size() >= longest) {
        done[places[i]] = std::move(one.text);
      } else {
        going_places.push_back(places[i]);
        going.push_back(std::move(one));
      }
    }
    open = std::move(going);
    places = std::move(going_places);
    if (!open.empty()) advance(model, open);
  }
  return done;
}

std::vector<Hypothesis> beam_search(TokenModel& model, const LogitRules& rules,
                                    const PromptState& prompt, Token end_of_text, int beams,
                                    std::size_t longest) {
  const auto width = static_cast<std::size_t>(beams);
  std::vector<Open> open;
  open.push_back(opened(prompt));
  std::vector<Hypothesis> ended;
  for (std::size_t length = 0; length < longest; ++length) {
    if (length > 0) advance(model, open);
    for (Open& one : open) rules.apply(one.text.tokens, one.logits);
    std::vector<Continuation> going;
    // One more than there are beams, because the end may be one of them.
    for (const Continuation& one : continuations(open, width + 1)) {
      if (going.size() == width) break;
      if (one.token != end_of_text) {
        going.push_back(one);
      } else if (ended.size() < width) {
        ended.push_back(open[one.from].text);
        append(ended.back(), one.token, one.log_probability, end_of_text);
      }
    }
    if (ended.size() >= width || (going.empty() && !ended.empty())) return ended;
    if (going.empty()) break;
    open = follow(open, going, end_of_text);
  }
  for (std::size_t i = 0; i < open.size() && ended.size() < width; ++i)
    ended.push_back(std::move(open[i].text));
  return ended;
}

const Hypothesis& best(const std::vector<Hypothesis>& hypotheses) {
  return *std::ranges::max_element(hypotheses, {}, &Hypothesis::score);
}

}  // namespace attune::models::whisper
