#pragma once

#include <span>
#include <vector>

namespace attune::models {

/// Weight of the uniform prior that the aligner uses: one second of fully attributed sound.
inline constexpr double kLagPriorTicks = 25;
/// How long a live feed remembers its lag: a minute.
inline constexpr double kLiveLagMemoryTicks = 1500;

struct LagEstimatorOptions {
  /// Lags -max_lag .. max_lag, in ticks; positive: the picture comes late.
  int max_lag = 0;
  /// Weight of the uniform prior, in ticks of fully attributed sound.
  double prior_ticks = 0;
  /// Forgetting time of a live feed, in ticks; 0 remembers everything (a file).
  double memory_ticks = 0;
};

/// The recording's own constant lag between sound and picture, estimated as it goes: adds up the
/// offset profiles that attention gives without a prior, and turns the sum into a log prior over
/// lags for the attention that is used. Deterministic and causal. The formulas are
/// training/align/lag.py. Not thread-safe.
class LagEstimator {
 public:
  explicit LagEstimator(const LagEstimatorOptions& options);

  int lags() const { return static_cast<int>(count_.size()); }

  /// The profile of the next tick: for each lag the weights summed over faces, averaged over heads.
  void add(std::span<const float> profile);

  /// ln(lags p(d)) for each lag d; 0 everywhere before anything was heard.
  std::vector<float> log_prior() const;

  struct Estimate {
    /// Sub-tick, by the parabola through the logarithms around the peak.
    double lag_ticks = 0;
    /// Probability of the peak and its two neighbours, in [0, 1]; 3 / lags when nothing is known.
    double confidence = 0;
  };
  Estimate estimate() const;

 private:
  std::vector<double> probability() const;

  LagEstimatorOptions options_;
  double decay_;
  std::vector<double> count_;
};

}  // namespace attune::models
