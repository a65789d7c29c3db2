"""The recording's own constant lag between sound and picture, estimated as it goes.

Recordings are often out of sync by a constant. The estimator sits outside the network: it adds up
the offset profiles that attention gives *without* a prior, and turns the sum into a log prior over
lags for the attention that is used. It is deterministic, causal and needs no labels.
"""

import numpy as np

from geometry import MAX_LAG

LAGS = 2 * MAX_LAG + 1
PRIOR_TOKENS = 25.0  # weight of the uniform prior: one second of fully attributed sound
MEMORY_TOKENS = 1500.0  # live: forgetting time, 60 s; batch: infinite


class LagEstimator:
    """count(d): offset profile mass seen so far at lag d.

    Per token, in time order:  count(d) <- decay * count(d) + profile(t, d), where
        profile(t, d) = mean over heads of sum over faces of weights(h, t, f, d), prior = 0,
        decay = exp(-1 / 1500) for a live feed and 1 for a file (`memory_tokens`).
    Smoothed:  c(d) = count(d - 1) / 4 + count(d) / 2 + count(d + 1) / 4; at the two ends the
        missing neighbour is the end itself.
    Probability:  p(d) = (25 / 31 + c(d)) / (25 + sum c)
    Log prior:    prior(d) = ln(31 p(d))        (0 everywhere before anything was heard)
    Lag:          d* = argmax p, refined by the parabola through ln p at d* - 1, d*, d* + 1:
        d* + (l[-1] - l[+1]) / (2 (l[-1] - 2 l[0] + l[+1])), no refinement at the ends or where the
        denominator is 0. Confidence: sum of p over d* - 1 .. d* + 1.
    """

    def __init__(self, memory_tokens=None):
        self.decay = 1.0 if memory_tokens is None else float(np.exp(-1 / memory_tokens))
        self.count = np.zeros(LAGS)

    def add(self, profile):
        """profile: [T, 31], in time order."""
        for row in np.asarray(profile, np.float64):
            self.count = self.decay * self.count + row

    def probability(self):
        padded = np.pad(self.count, 1, mode="edge")
        c = padded[:-2] / 4 + padded[1:-1] / 2 + padded[2:] / 4
        return (PRIOR_TOKENS / LAGS + c) / (PRIOR_TOKENS + c.sum())

    def log_prior(self):
        return np.log(LAGS * self.probability())

    def lag(self):
        """(lag in tokens, confidence)."""
        p = self.probability()
        best = int(p.argmax())
        near = p[max(best - 1, 0) : best + 2].sum()
        refined = 0.0
        if 0 < best < LAGS - 1:
            left, mid, right = np.log(p[best - 1 : best + 2])
            bend = left - 2 * mid + right
            refined = 0.0 if bend == 0 else (left - right) / (2 * bend)
        return best - MAX_LAG + refined, float(near)
