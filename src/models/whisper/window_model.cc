#include "models/whisper/window_model.h"

#include <algorithm>
#include <numeric>

#include "attention/cross_attention.h"
#include "attention/few_queries.h"
#include "attention/task_loop.h"
#include "core/error.h"

namespace attune::models::whisper {
namespace {

using attention::cross_attention;
using attention::HeadsView;
using tensor::Tensor;

void observe_nothing(int, const Tensor&) {}

/// Rows of [heads * head width], `stride` apart, as [1, heads, rows, head width].
HeadsView<const float> heads_of(const float* data, std::int64_t rows, std::int64_t heads,
                                std::int64_t head_width, std::int64_t stride) {
  return {data, {1, heads, rows, head_width}, {0, head_width, stride, 1}};
}

/// Rows [rows, heads * head width], `stride` apart, to [heads, positions, head width] from position
/// `first` on.
void to_heads(const float* from, std::int64_t rows, std::int64_t stride, std::int64_t first,
              Tensor& to) {
  const auto head_width = to.dim(2);
  for (std::int64_t head = 0; head < to.dim(0); ++head)
    for (std::int64_t row = 0; row < rows; ++row)
      std::copy_n(from + row * stride + head * head_width, head_width,
                  to.data() + (head * to.dim(1) + first + row) * head_width);
}

}  // namespace

WindowModel::WindowModel(std::shared_ptr<const DecoderWeights> weights, const Tensor& encoded)
    : weights_(std::move(weights)) {
  tensor::expect_shape(encoded, {positions(), width()}, "encoded sound");
  for (const DecoderBlock& block : weights_->blocks()) sound_.push_back(hear(block, encoded));
}

WindowModel::Sound WindowModel::hear(const DecoderBlock& block, const Tensor& encoded) const {
  const tensor::Shape shape{heads(), positions(), width() / heads()};
  Sound sound{Tensor(shape), Tensor(shape)};
  const double work = static_cast<double>(positions() * width()) * static_cast<double>(width());
  attention::for_each_task(positions() / kSoundRows, work, [&](std::int64_t task) {
    const auto first = task * kSoundRows;
    const Tensor both = block.cross_projections(encoded.rows(first, first + kSoundRows));
    to_heads(both.data(), kSoundRows, 2 * width(), first, sound.keys);
    to_heads(both.data() + width(), kSoundRows, 2 * width(), first, sound.values);
  });
  return sound;
}

std::unique_ptr<TokenState> WindowModel::start() const {
  const Dimensions& d = weights_->dimensions();
  return std::make_unique<TokenCache>(d.text_layers, width(), d.text_context);
}

Tensor WindowModel::step(std::span<TokenState* const> states, std::span<const Token> tokens) {
  if (states.empty() || tokens.empty() || tokens.size() % states.size() != 0)
    throw Error(ErrorKind::kUsage, "a decoder's step takes as many tokens for every hypothesis");
  std::vector<TokenCache*> caches;
  for (TokenState* state : states) {
    caches.push_back(dynamic_cast<TokenCache*>(state));
    if (caches.back() == nullptr)
      throw Error(ErrorKind::kUsage, "a decoder's step on another model's state");
  }
  const Tensor x = feed(caches, tokens, observe_nothing);
  const auto count = static_cast<std::int64_t>(tokens.size() / states.size());
  Tensor last({static_cast<std::int64_t>(states.size()), width()});
  for (std::int64_t i = 0; i < last.dim(0); ++i)
    std::copy_n(x.data() + ((i + 1) * count - 1) * width(), width(), last.data() + i * width());
  return weights_->logits(last);
}

Tensor WindowModel::attention(std::span<const Token> tokens) {
  const auto& chosen = weights_->heads();
  const auto count = static_cast<std::int64_t>(tokens.size());
  Tensor weights({static_cast<std::int64_t>(chosen.size()), count, positions()});
  const auto head_width = width() / heads();
  Tensor output({count, head_width});
  const auto observe = [&](int layer, const Tensor& queries) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i].layer != layer) continue;
      const auto of_head = [&](const Tensor& all) {
        return HeadsView<const float>::head_major(
            all.data() + chosen[i].head * positions() * head_width, 1, 1, positions(), head_width);
      };
      cross_attention(
          heads_of(queries.data() + chosen[i].head * head_width, count, 1, head_width, width()),
          of_head(sound_[layer].keys), of_head(sound_[layer].values),
          HeadsView<float>::head_major(output.data(), 1, 1, count, head_width), {},
          {.weights = HeadsView<float>::head_major(
               weights.data() + static_cast<std::int64_t>(i) * count * positions(), 1, 1, count,
               positions())});
    }
  };
  const auto state = start();
  TokenCache* cache = static_cast<TokenCache*>(state.get());
  if (count > 0) feed({&cache, 1}, tokens, observe);
  return weights;
}

Tensor WindowModel::feed(std::span<TokenCache* const> caches, std::span<const Token> tokens,
                         const Observer& observe) const {
  const auto rows = static_cast<std::int64_t>(tokens.size());
  const auto count = rows / static_cast<std::int64_t>(caches.size());
  Tensor x({rows, width()});
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto position = caches[row / count]->length() + static_cast<int>(row % count);
    weights_->embed(tokens[row], position,
                    x.values().subspan(row * width(), static_cast<std::size_t>(width())));
  }
  for (TokenCache* cache : caches) cache->reserve(count);
  for (int layer = 0; layer < weights_->dimensions().text_layers; ++layer) {
    attend_to_text(layer, caches, count, x);
    attend_to_sound(layer, x, observe);
    weights_->blocks()[layer].feed_forward(x);
  }
  for (TokenCache* cache : caches) cache->advance(count);
  return x;
}

void WindowModel::attend_to_text(int layer, std::span<TokenCache* const> caches, std::int64_t count,
                                 Tensor& x) const {
  const DecoderBlock& block = weights_->blocks()[layer];
  const auto head_width = width() / heads();
  const auto stride = 3 * width();
  const Tensor projected = block.projections(block.norm(x));
  Tensor mixed(x.shape());
  std::vector<std::int64_t> places(count);
  for (std::size_t i = 0; i < caches.size(); ++i) {
    TokenCache& cache = *caches[i];
    const auto first = static_cast<std::int64_t>(i) * count;
    const float* row = projected.data() + first * stride;
    cache.append(layer, row + width(), row + 2 * width(), count, stride);
    const auto length = cache.length() + count;
    attention::CrossAttentionOptions options;
    if (count > 1) {
      std::iota(places.begin(), places.end(), cache.length());
      options.window = {.before = length, .after = 0, .query_times = places, .key_times = {}};
    }
    cross_attention(heads_of(row, count, heads(), head_width, stride),
                    heads_of(cache.keys(layer), length, heads(), head_width, width()),
                    heads_of(cache.values(layer), length, heads(), head_width, width()),
                    HeadsView<float>::interleaved(mixed.data() + first * width(), 1, count, heads(),
                                                  head_width),
                    options);
  }
  block.out(mixed, x);
}

void WindowModel::attend_to_sound(int layer, Tensor& x, const Observer& observe) const {
  const DecoderBlock& block = weights_->blocks()[layer];
  const auto rows = x.dim(0);
  const auto head_width = width() / heads();
  const Tensor queries = block.cross_query(block.cross_norm(x));
  observe(layer, queries);
  Tensor mixed(x.shape());
  const auto all_heads = [&](const Tensor& sound) {
    return HeadsView<const float>::head_major(sound.data(), 1, heads(), positions(), head_width);
  };
  const auto query = heads_of(queries.data(), rows, heads(), head_width, width());
  const auto output = HeadsView<float>::interleaved(mixed.data(), 1, rows, heads(), head_width);
  const auto keys = all_heads(sound_[layer].keys);
  const auto values = all_heads(sound_[layer].values);
  if (rows <= attention::kFewQueries && attention::few_queries_take_width(head_width)) {
    attention::few_query_attention(query, keys, values, output);
  } else {
    cross_attention(query, keys, values, output);
  }
  block.cross_out(mixed, x);
}

}  // namespace attune::models::whisper
