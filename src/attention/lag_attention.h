#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attention/cross_attention.h"
#include "core/time.h"
#include "tensor/view.h"

namespace attune::attention {

/// What is learned and what is chosen of the lag attention.
struct LagAttentionParameters {
  int heads = 0;
  /// Width of a query and key of one head.
  int width = 0;
  /// L: lags -L .. L, in ticks.
  int max_lag = 0;
  /// R: evidence is gathered over the ticks t - R .. t + R.
  int evidence_radius = 0;
  /// Ticks computed at once; the results do not depend on it.
  int block_ticks = 0;
  /// Smallest sum of the window's weights that evidence is divided by.
  float smallest_support = 0.5F;
  /// w: [heads, 2 R + 1], not negative.
  std::vector<float> window;
  /// [heads, 2 L + 1].
  std::vector<float> lag_bias;
  /// [heads].
  std::vector<float> scale;

  int lags() const { return 2 * max_lag + 1; }
};

/// Rows of `width` values at the ticks [first, first + length).
struct TickRows {
  TokenIndex first = 0;
  std::int64_t length = 0;
  const float* data = nullptr;
  std::int64_t width = 0;

  TokenIndex end() const { return first + length; }
  const float* row(TokenIndex tick) const { return data + (tick - first) * width; }
};

/// Gathered logits of a block of T = block_ticks ticks, before the softmax.
struct LagEvidence {
  TokenIndex first = 0;
  int tracks = 0;
  /// E: [heads, T, tracks, lags]; kAbsentLogit where the track has no key at t + d.
  std::vector<float> logits;
  /// N: [heads, T], the null key.
  std::vector<float> null;
};

/// Weights of a block of T ticks, and what alignment reads off them.
struct LagWeights {
  /// [heads, T, tracks]: weights summed over lags.
  std::vector<float> mass;
  /// [heads, T]: weight of the null key.
  std::vector<float> null;
  /// [T, lags]: weights summed over tracks, averaged over heads. Lag d: the query at t matches the
  /// key at t + d.
  std::vector<float> profile;
};

inline constexpr float kAbsentLogit = -1e9F;

/// Cross-attention of one sequence of queries over several sequences of keys ("tracks") on the same
/// grid of ticks, along the lag diagonals:
///
///     s(h, t, f, d) = q_h(t) . k_h(f, t + d)                                        |d| <= L
///     S(h, t, f, d) = sum over u of w_h(u - t) s(h, u, f, d) / max(sum over u of w_h(u - t), c)
///     E = scale_h S + lag_bias_h(d) + prior(t, d)
///     N(h, t) = scale_h sum over u of w_h(u - t) n_h(u) / max(sum over u of w_h(u - t), c)
///     weights(h, t) = softmax over all (f, d) and null of E(h, t, f, d) and N(h, t)
///
/// The sums run over the ticks u in [t - R, t + R] where query u, and for S also key u + d, exist.
/// One token cannot tell which key belongs to a query; a second of them at one lag can: that is
/// what the sum along the diagonal is for. Both sums are matrix products: the band of one head is a
/// skewed view of queries times keys, and the window a Toeplitz matrix. The softmax, and its sums
/// by track and by lag, are cross_attention()'s.
///
/// Blocks have one shape whatever exists in them, so that the same tick gives the same bits however
/// the stream was cut. Memory and time of a block: O(tracks heads (T + 2 R) (T + 2 R + 2 L)) and
/// `width` times that. Immutable after construction; thread-safe.
class LagAttention {
 public:
  /// Throws Error(kModel) when the parameters do not fit together.
  explicit LagAttention(LagAttentionParameters parameters);

  const LagAttentionParameters& parameters() const { return parameters_; }

  /// E without prior and N at the ticks [first, first + block_ticks).
  /// queries: rows of heads * width; null_logits: n, rows of `heads` at the same ticks; tracks:
  /// rows of heads * width. Each holds at least what exists within reach of the block (R; R + L for
  /// tracks) and may hold more; ticks outside it do not exist.
  LagEvidence evidence(TokenIndex first, const TickRows& queries, const TickRows& null_logits,
                       std::span<const TickRows> tracks) const;

  /// Adds prior(t, d) to all existing logits: [T, lags].
  void add_prior(LagEvidence& evidence, std::span<const float> prior) const;

  /// The softmax over tracks, lags and null.
  LagWeights weights(const LagEvidence& evidence) const;

  /// max over d of E - N for each head, tick and track: [heads, T, tracks]. Meaningless at a tick
  /// from which the track has no key within reach.
  std::vector<float> margin(const LagEvidence& evidence) const;

  /// Where one track alone is attended to: softmax over d of E, averaged over heads, [T, lags].
  std::vector<float> lag_distribution(const LagEvidence& evidence, int track) const;

  /// sum over d of distribution(t, d) values(t + d): [T, values.width]. Values at ticks that do not
  /// exist count as zero.
  std::vector<float> attended(TokenIndex first, std::span<const float> distribution,
                              const TickRows& values) const;

 private:
  void read_out(std::span<const float> logits, std::int64_t keys, AttentionReadout readout) const;
  /// [heads, ..] to [..].
  std::vector<float> mean_over_heads(std::span<const float> values) const;
  /// Number of queries under the windows of a block.
  std::int64_t reach() const;
  /// The Toeplitz matrix of one head, [T, reach].
  tensor::ConstView window(int head) const;
  void gather_null(int head, const TickRows& null_logits, LagEvidence& result) const;
  void gather_track(int head, int track_index, const std::vector<float>& head_queries,
                    const TickRows& queries, const TickRows& track, LagEvidence& result) const;

  LagAttentionParameters parameters_;
  /// [heads, T, T + 2 R]: w_h(u - t) at row t, column u - (t0 - R).
  std::vector<float> toeplitz_;
};

}  // namespace attune::attention
