#include "models/lag_estimator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace attune::models {

LagEstimator::LagEstimator(const LagEstimatorOptions& options)
    : options_(options),
      decay_(options.memory_ticks > 0 ? std::exp(-1 / options.memory_ticks) : 1.0),
      count_(2 * std::max(options.max_lag, 0) + 1) {
  if (options.max_lag < 0 || options.prior_ticks <= 0) {
    throw Error(ErrorKind::kUsage, fmt::format("lag estimator with {} lags and a prior of {} ticks",
                                               options.max_lag, options.prior_ticks));
  }
}

void LagEstimator::add(std::span<const float> profile) {
  if (profile.size() != count_.size()) {
    throw Error(ErrorKind::kUsage, fmt::format("offset profile of {} lags where {} are expected",
                                               profile.size(), count_.size()));
  }
  for (std::size_t i = 0; i < count_.size(); ++i) count_[i] = decay_ * count_[i] + profile[i];
}

std::vector<double> LagEstimator::probability() const {
  const std::size_t n = count_.size();
  std::vector<double> smooth(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double before = count_[i == 0 ? 0 : i - 1];
    const double after = count_[i + 1 == n ? i : i + 1];
    smooth[i] = before / 4 + count_[i] / 2 + after / 4;
  }
  const double total = options_.prior_ticks + std::accumulate(smooth.begin(), smooth.end(), 0.0);
  for (double& c : smooth) c = (options_.prior_ticks / static_cast<double>(n) + c) / total;
  return smooth;
}

std::vector<float> LagEstimator::log_prior() const {
  const std::vector<double> p = probability();
  std::vector<float> prior(p.size());
  std::ranges::transform(p, prior.begin(), [&](double value) {
    return static_cast<float>(std::log(static_cast<double>(p.size()) * value));
  });
  return prior;
}

LagEstimator::Estimate LagEstimator::estimate() const {
  const std::vector<double> p = probability();
  const int best = static_cast<int>(std::ranges::max_element(p) - p.begin());
  Estimate result{.lag_ticks = static_cast<double>(best - options_.max_lag), .confidence = p[best]};
  if (best > 0) result.confidence += p[best - 1];
  if (best + 1 < lags()) result.confidence += p[best + 1];
  if (best > 0 && best + 1 < lags()) {
    const double left = std::log(p[best - 1]);
    const double right = std::log(p[best + 1]);
    const double bend = left - 2 * std::log(p[best]) + right;
    if (bend != 0) result.lag_ticks += (left - right) / (2 * bend);
  }
  return result;
}

}  // namespace attune::models
