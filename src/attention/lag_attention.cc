#include "attention/lag_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "core/error.h"
#include "tensor/matmul.h"

namespace attune::attention {

namespace {

using tensor::ConstView;
using tensor::View;

const tensor::Matmul& matmul() {
  static const tensor::Matmul product;
  return product;
}

void expect_size(std::string_view name, std::size_t size, std::int64_t expected) {
  if (size != static_cast<std::size_t>(expected)) {
    throw Error(ErrorKind::kModel,
                fmt::format("lag attention: {} has {} values, expected {}", name, size, expected));
  }
}

void expect_width(std::string_view name, const TickRows& rows, std::int64_t width) {
  if (rows.width != width && rows.length > 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("lag attention: {} are {} wide, expected {}", name, rows.width, width));
  }
}

/// Rows of the ticks [first, first + length), zeros where there are none: one head's columns.
std::vector<float> stretch(const TickRows& rows, TokenIndex first, std::int64_t length,
                           std::int64_t column, std::int64_t columns) {
  std::vector<float> values(length * columns);
  const TokenIndex begin = std::max(first, rows.first);
  const TokenIndex end = std::min(first + length, rows.end());
  for (TokenIndex tick = begin; tick < end; ++tick) {
    std::copy_n(rows.row(tick) + column, columns, values.data() + (tick - first) * columns);
  }
  return values;
}

/// Sums of one head's window over ranges of offsets, in double so that differences stay exact.
class WindowSums {
 public:
  WindowSums(const LagAttentionParameters& p, int head)
      : radius_(p.evidence_radius), sums_(2 * p.evidence_radius + 2) {
    const float* window = p.window.data() + head * (2 * radius_ + 1);
    for (int r = 0; r < 2 * radius_ + 1; ++r) sums_[r + 1] = sums_[r] + window[r];
  }

  /// sum over u in [begin, end) of w(u - t).
  float over(TokenIndex begin, TokenIndex end, TokenIndex t) const {
    const TokenIndex low = std::max<TokenIndex>(begin - t + radius_, 0);
    const TokenIndex high = std::min<TokenIndex>(end - t + radius_, 2 * radius_ + 1);
    return high <= low ? 0.0F : static_cast<float>(sums_[high] - sums_[low]);
  }

 private:
  int radius_;
  std::vector<double> sums_;
};

}  // namespace

LagAttention::LagAttention(LagAttentionParameters parameters) : parameters_(std::move(parameters)) {
  const LagAttentionParameters& p = parameters_;
  if (p.heads < 1 || p.width < 1 || p.max_lag < 0 || p.evidence_radius < 0 || p.block_ticks < 1 ||
      !(p.smallest_support > 0)) {
    throw Error(ErrorKind::kModel,
                fmt::format("lag attention: {} heads of {}, lags up to {}, evidence radius {}, "
                            "blocks of {} ticks, smallest support {}",
                            p.heads, p.width, p.max_lag, p.evidence_radius, p.block_ticks,
                            p.smallest_support));
  }
  const int taps = 2 * p.evidence_radius + 1;
  expect_size("window", p.window.size(), p.heads * taps);
  expect_size("lag_bias", p.lag_bias.size(), p.heads * p.lags());
  expect_size("scale", p.scale.size(), p.heads);
  toeplitz_.assign(p.heads * p.block_ticks * reach(), 0.0F);
  for (int h = 0; h < p.heads; ++h) {
    for (int t = 0; t < p.block_ticks; ++t) {
      float* row = toeplitz_.data() + (h * p.block_ticks + t) * reach();
      std::copy_n(p.window.data() + h * taps, taps, row + t);
    }
  }
}

LagEvidence LagAttention::evidence(TokenIndex first, const TickRows& queries,
                                   const TickRows& null_logits,
                                   std::span<const TickRows> tracks) const {
  const LagAttentionParameters& p = parameters_;
  expect_width("queries", queries, p.heads * p.width);
  expect_width("null logits", null_logits, p.heads);
  for (const TickRows& track : tracks) expect_width("keys", track, p.heads * p.width);

  const auto rows = static_cast<std::size_t>(p.heads) * p.block_ticks;
  LagEvidence result{.first = first, .tracks = static_cast<int>(tracks.size()), .logits{}, .null{}};
  result.logits.assign(rows * tracks.size() * p.lags(), kAbsentLogit);
  result.null.resize(rows);
  for (int h = 0; h < p.heads; ++h) {
    gather_null(h, null_logits, result);
    const std::vector<float> q =
        stretch(queries, first - p.evidence_radius, reach(), h * p.width, p.width);
    for (int f = 0; f < result.tracks; ++f) gather_track(h, f, q, queries, tracks[f], result);
  }
  return result;
}

std::int64_t LagAttention::reach() const {
  return parameters_.block_ticks + 2 * parameters_.evidence_radius;
}

ConstView LagAttention::window(int head) const {
  const std::int64_t ticks = parameters_.block_ticks;
  return {toeplitz_.data() + head * ticks * reach(), {ticks, reach()}};
}

void LagAttention::gather_null(int head, const TickRows& null_logits, LagEvidence& result) const {
  const LagAttentionParameters& p = parameters_;
  const WindowSums sums(p, head);
  const std::vector<float> n =
      stretch(null_logits, result.first - p.evidence_radius, reach(), head, 1);
  float* gathered = result.null.data() + static_cast<std::size_t>(head) * p.block_ticks;
  matmul()(window(head), ConstView(n.data(), {reach(), 1}), View(gathered, {p.block_ticks, 1}));
  for (int t = 0; t < p.block_ticks; ++t) {
    const float support = sums.over(null_logits.first, null_logits.end(), result.first + t);
    gathered[t] *= p.scale[head] / std::max(support, p.smallest_support);
  }
}

void LagAttention::gather_track(int head, int track_index, const std::vector<float>& head_queries,
                                const TickRows& queries, const TickRows& track,
                                LagEvidence& result) const {
  const LagAttentionParameters& p = parameters_;
  const WindowSums sums(p, head);
  const int lags = p.lags();
  const std::int64_t band = reach() + 2 * p.max_lag;
  const TokenIndex first_key = result.first - p.evidence_radius - p.max_lag;
  const std::vector<float> k = stretch(track, first_key, band, head * p.width, p.width);
  std::vector<float> products(reach() * band);
  matmul()(ConstView(head_queries.data(), {reach(), p.width}),
           ConstView(k.data(), {band, p.width}).transposed(),
           View(products.data(), {reach(), band}));
  // Row u of the products holds lag d in column u + L + d: seen with one element more from row to
  // row, the lags stand in columns.
  std::vector<float> gathered(static_cast<std::size_t>(p.block_ticks) * lags);
  matmul()(window(head), ConstView(products.data(), {reach(), lags}, {band + 1, 1}),
           View(gathered.data(), {p.block_ticks, lags}));
  for (int t = 0; t < p.block_ticks; ++t) {
    const std::size_t row = static_cast<std::size_t>(head) * p.block_ticks + t;
    float* logits = result.logits.data() + (row * result.tracks + track_index) * lags;
    for (int i = 0; i < lags; ++i) {
      const int lag = i - p.max_lag;
      const TokenIndex key = result.first + t + lag;
      if (key < track.first || key >= track.end()) continue;
      const float support = sums.over(std::max(queries.first, track.first - lag),
                                      std::min(queries.end(), track.end() - lag), result.first + t);
      logits[i] = p.scale[head] * gathered[t * lags + i] / std::max(support, p.smallest_support) +
                  p.lag_bias[head * lags + i];
    }
  }
}

void LagAttention::add_prior(LagEvidence& evidence, std::span<const float> prior) const {
  const int ticks = parameters_.block_ticks;
  const int lags = parameters_.lags();
  if (prior.size() != static_cast<std::size_t>(ticks) * lags) {
    throw Error(ErrorKind::kUsage,
                fmt::format("lag attention: prior of {} values, expected {} x {}", prior.size(),
                            ticks, lags));
  }
  float* logit = evidence.logits.data();
  for (int row = 0; row < parameters_.heads * ticks; ++row) {
    const float* of_tick = prior.data() + (row % ticks) * lags;
    for (int f = 0; f < evidence.tracks; ++f) {
      for (int i = 0; i < lags; ++i, ++logit) {
        if (*logit != kAbsentLogit) *logit += of_tick[i];
      }
    }
  }
}

LagWeights LagAttention::weights(const LagEvidence& evidence) const {
  const std::int64_t ticks = parameters_.block_ticks;
  const int heads = parameters_.heads;
  const std::int64_t lags = parameters_.lags();
  const std::int64_t faces = evidence.tracks * lags;
  const std::int64_t keys = faces + 1;
  // Keys by track and lag, the null key last: a group of its own, at no lag.
  std::vector<float> logits(heads * ticks * keys);
  for (std::int64_t row = 0; row < heads * ticks; ++row) {
    std::copy_n(evidence.logits.data() + row * faces, faces, logits.data() + row * keys);
    logits[row * keys + faces] = evidence.null[row];
  }
  std::vector<std::int32_t> tracks(keys);
  std::vector<std::int64_t> lag(keys);
  for (std::int64_t j = 0; j < faces; ++j) {
    tracks[j] = static_cast<std::int32_t>(j / lags);
    lag[j] = j % lags;
  }
  tracks[faces] = evidence.tracks;
  lag[faces] = lags;
  std::vector<float> mass(heads * ticks * (evidence.tracks + 1));
  std::vector<float> profile(heads * ticks * lags);
  read_out(logits, keys,
           {.group_sums =
                HeadsView<float>::head_major(mass.data(), 1, heads, ticks, evidence.tracks + 1),
            .key_groups = tracks,
            .offset_sums = HeadsView<float>::head_major(profile.data(), 1, heads, ticks, lags),
            .key_positions = lag});
  LagWeights result;
  for (std::int64_t row = 0; row < heads * ticks; ++row) {
    const auto first = mass.begin() + row * (evidence.tracks + 1);
    result.mass.insert(result.mass.end(), first, first + evidence.tracks);
    result.null.push_back(first[evidence.tracks]);
  }
  result.profile = mean_over_heads(profile);
  return result;
}

/// The engine on logits alone: the scores are 0, and the logits their bias.
void LagAttention::read_out(std::span<const float> logits, std::int64_t keys,
                            AttentionReadout readout) const {
  const std::int64_t ticks = parameters_.block_ticks;
  const int heads = parameters_.heads;
  const float nothing = 0;
  const std::vector<std::int64_t> here(ticks, 0);
  readout.query_positions = here;
  float no_output = 0;
  cross_attention(
      {&nothing, {1, heads, ticks, 1}, {0, 0, 0, 0}}, {&nothing, {1, heads, keys, 1}, {0, 0, 0, 0}},
      {&nothing, {1, heads, keys, 0}, {0, 0, 0, 0}},
      {&no_output, {1, heads, ticks, 0}, {0, 0, 0, 0}},
      {.bias = HeadsView<const float>::head_major(logits.data(), 1, heads, ticks, keys)}, readout);
}

std::vector<float> LagAttention::mean_over_heads(std::span<const float> values) const {
  std::vector<float> means(values.size() / parameters_.heads);
  const float share = 1.0F / static_cast<float>(parameters_.heads);
  for (std::size_t i = 0; i < values.size(); ++i) means[i % means.size()] += share * values[i];
  return means;
}

std::vector<float> LagAttention::margin(const LagEvidence& evidence) const {
  const int lags = parameters_.lags();
  std::vector<float> margins(evidence.null.size() * evidence.tracks);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const float* logits = evidence.logits.data() + i * lags;
    margins[i] = *std::max_element(logits, logits + lags) - evidence.null[i / evidence.tracks];
  }
  return margins;
}

std::vector<float> LagAttention::lag_distribution(const LagEvidence& evidence, int track) const {
  const std::int64_t lags = parameters_.lags();
  const std::int64_t rows = static_cast<std::int64_t>(parameters_.heads) * parameters_.block_ticks;
  std::vector<float> logits(rows * lags);
  for (std::int64_t row = 0; row < rows; ++row) {
    std::copy_n(evidence.logits.data() + (row * evidence.tracks + track) * lags, lags,
                logits.data() + row * lags);
  }
  std::vector<float> weights(rows * lags);
  read_out(logits, lags,
           {.weights = HeadsView<float>::head_major(weights.data(), 1, parameters_.heads,
                                                    parameters_.block_ticks, lags)});
  return mean_over_heads(weights);
}

std::vector<float> LagAttention::attended(TokenIndex first, std::span<const float> distribution,
                                          const TickRows& values) const {
  const int ticks = parameters_.block_ticks;
  const int lags = parameters_.lags();
  expect_size("distribution over lags", distribution.size(),
              static_cast<std::int64_t>(ticks) * lags);
  const std::int64_t band = ticks + 2 * parameters_.max_lag;
  std::vector<float> skewed(ticks * band);
  for (int t = 0; t < ticks; ++t) {
    std::copy_n(distribution.data() + t * lags, lags, skewed.data() + t * band + t);
  }
  const std::vector<float> v = stretch(values, first - parameters_.max_lag, band, 0, values.width);
  std::vector<float> result(ticks * values.width);
  matmul()(ConstView(skewed.data(), {ticks, band}), ConstView(v.data(), {band, values.width}),
           View(result.data(), {ticks, values.width}));
  return result;
}

}  // namespace attune::attention
