#include "attention/lag_attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "problem.h"

namespace attune::attention {
namespace {

/// A stretch of rows that owns its numbers.
struct Rows {
  TokenIndex first = 0;
  std::int64_t width = 0;
  Numbers values;

  TickRows view() const {
    return {first, static_cast<std::int64_t>(values.size()) / width, values.data(), width};
  }
  TokenIndex end() const { return view().end(); }
  bool has(TokenIndex t) const { return t >= first && t < end(); }
};

struct Scene {
  LagAttentionParameters parameters;
  Rows queries, null_logits;
  std::vector<Rows> tracks;

  std::vector<TickRows> track_views() const {
    std::vector<TickRows> views;
    for (const Rows& track : tracks) views.push_back(track.view());
    return views;
  }
};

Scene random_scene(std::mt19937& random, int track_count) {
  Scene scene;
  LagAttentionParameters& p = scene.parameters;
  p.heads = 1 + static_cast<int>(random() % 3);
  p.width = 1 + static_cast<int>(random() % 9);
  p.max_lag = static_cast<int>(random() % 5);
  p.evidence_radius = static_cast<int>(random() % 6);
  p.block_ticks = 1 + static_cast<int>(random() % 7);
  const int taps = 2 * p.evidence_radius + 1;
  for (int h = 0; h < p.heads; ++h) {
    double sum = 0;
    for (int r = 0; r < taps; ++r) {
      p.window.push_back(static_cast<float>(1 + random() % 9));
      sum += p.window.back();
    }
    for (int r = 0; r < taps; ++r) p.window[h * taps + r] /= static_cast<float>(sum);
  }
  p.lag_bias = random_numbers(random, p.heads * p.lags());
  p.scale = random_numbers(random, p.heads, 3);
  scene.queries = {-3, p.heads * p.width, random_numbers(random, 23 * p.heads * p.width)};
  scene.null_logits = {-3, p.heads, random_numbers(random, 23 * p.heads)};
  for (int f = 0; f < track_count; ++f) {
    const auto first = static_cast<TokenIndex>(random() % 16) - 8;
    const auto length = static_cast<std::int64_t>(random() % 20);
    scene.tracks.push_back(
        {first, p.heads * p.width, random_numbers(random, length * p.heads * p.width)});
  }
  return scene;
}

/// The formulas of the header, in double, one number at a time.
class Reference {
 public:
  explicit Reference(const Scene& scene) : scene_(scene), p_(scene.parameters) {}

  bool exists(int f, TokenIndex t, int d) const { return scene_.tracks[f].has(t + d); }

  double evidence(int h, TokenIndex t, int f, int d) const {
    double sum = 0;
    double support = 0;
    for (TokenIndex u = t - p_.evidence_radius; u <= t + p_.evidence_radius; ++u) {
      if (!scene_.queries.has(u) || !exists(f, u, d)) continue;
      const float* q = scene_.queries.view().row(u) + h * p_.width;
      const float* k = scene_.tracks[f].view().row(u + d) + h * p_.width;
      double product = 0;
      for (int c = 0; c < p_.width; ++c) product += double(q[c]) * k[c];
      sum += window(h, u - t) * product;
      support += window(h, u - t);
    }
    return p_.scale[h] * sum / std::max(support, double(p_.smallest_support)) +
           p_.lag_bias[h * p_.lags() + d + p_.max_lag];
  }

  double null(int h, TokenIndex t) const {
    double sum = 0;
    double support = 0;
    for (TokenIndex u = t - p_.evidence_radius; u <= t + p_.evidence_radius; ++u) {
      if (!scene_.null_logits.has(u)) continue;
      sum += window(h, u - t) * scene_.null_logits.view().row(u)[h];
      support += window(h, u - t);
    }
    return p_.scale[h] * sum / std::max(support, double(p_.smallest_support));
  }

 private:
  double window(int h, TokenIndex r) const {
    return p_.window[h * (2 * p_.evidence_radius + 1) + r + p_.evidence_radius];
  }

  const Scene& scene_;
  const LagAttentionParameters& p_;
};

TEST(LagAttention, AgreesWithTheFormulasOnRandomScenes) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    const Scene scene = random_scene(random, static_cast<int>(random() % 4));
    const LagAttentionParameters& p = scene.parameters;
    const LagAttention attention(p);
    const Reference truth(scene);
    const TokenIndex first = static_cast<TokenIndex>(random() % 22) - 6;
    LagEvidence evidence = attention.evidence(first, scene.queries.view(), scene.null_logits.view(),
                                              scene.track_views());
    const Numbers prior = random_numbers(random, p.block_ticks * p.lags());
    attention.add_prior(evidence, prior);
    const LagWeights weights = attention.weights(evidence);
    const int tracks = static_cast<int>(scene.tracks.size());
    std::vector<double> profile(p.block_ticks * p.lags());
    for (int h = 0; h < p.heads; ++h) {
      for (int t = 0; t < p.block_ticks; ++t) {
        const int row = h * p.block_ticks + t;
        ASSERT_NEAR(evidence.null[row], truth.null(h, first + t), 2e-5) << trial;
        double greatest = evidence.null[row];
        std::vector<double> logits(tracks * p.lags(), kAbsentLogit);
        for (int f = 0; f < tracks; ++f) {
          for (int d = -p.max_lag; d <= p.max_lag; ++d) {
            const int i = f * p.lags() + d + p.max_lag;
            if (truth.exists(f, first + t, d)) {
              logits[i] = truth.evidence(h, first + t, f, d) + prior[t * p.lags() + d + p.max_lag];
              greatest = std::max(greatest, logits[i]);
            }
            ASSERT_NEAR(evidence.logits[row * tracks * p.lags() + i], logits[i], 5e-5) << trial;
          }
        }
        double total = std::exp(evidence.null[row] - greatest);
        for (const double logit : logits) total += std::exp(logit - greatest);
        ASSERT_NEAR(weights.null[row], std::exp(evidence.null[row] - greatest) / total, 5e-5);
        for (int f = 0; f < tracks; ++f) {
          double mass = 0;
          for (int i = 0; i < p.lags(); ++i) {
            const double weight = std::exp(logits[f * p.lags() + i] - greatest) / total;
            mass += weight;
            profile[t * p.lags() + i] += weight / p.heads;
          }
          ASSERT_NEAR(weights.mass[row * tracks + f], mass, 5e-5) << trial;
        }
      }
    }
    for (std::size_t i = 0; i < profile.size(); ++i)
      ASSERT_NEAR(weights.profile[i], profile[i], 5e-5) << trial;
  }
}

TEST(LagAttention, AttendedValueFollowsTheDistributionOverLags) {
  std::mt19937 random(2);
  for (int trial = 0; trial < 50; ++trial) {
    const Scene scene = random_scene(random, 2);
    const LagAttentionParameters& p = scene.parameters;
    const LagAttention attention(p);
    const LagEvidence evidence =
        attention.evidence(2, scene.queries.view(), scene.null_logits.view(), scene.track_views());
    const Numbers distribution = attention.lag_distribution(evidence, 1);
    const TickRows values = scene.tracks[1].view();
    const Numbers attended = attention.attended(2, distribution, values);
    const Numbers margin = attention.margin(evidence);
    for (int t = 0; t < p.block_ticks; ++t) {
      std::vector<double> expected(values.width);
      std::vector<double> average(p.lags());
      bool any = false;
      for (int h = 0; h < p.heads; ++h) {
        const int row = h * p.block_ticks + t;
        const float* logits = evidence.logits.data() + (row * 2 + 1) * p.lags();
        const double greatest = *std::max_element(logits, logits + p.lags());
        double total = 0;
        for (int i = 0; i < p.lags(); ++i) total += std::exp(logits[i] - greatest);
        for (int i = 0; i < p.lags(); ++i)
          average[i] += std::exp(logits[i] - greatest) / total / p.heads;
        any = greatest > kAbsentLogit;
        if (any) {
          ASSERT_NEAR(margin[row * 2 + 1], greatest - evidence.null[row], 1e-5);
        }
      }
      if (!any) continue;
      for (int i = 0; i < p.lags(); ++i) {
        ASSERT_NEAR(distribution[t * p.lags() + i], average[i], 1e-5);
        const TokenIndex tick = 2 + t + i - p.max_lag;
        if (!scene.tracks[1].has(tick)) continue;
        for (std::int64_t c = 0; c < values.width; ++c)
          expected[c] += average[i] * values.row(tick)[c];
      }
      for (std::int64_t c = 0; c < values.width; ++c)
        ASSERT_NEAR(attended[t * values.width + c], expected[c], 1e-5);
    }
  }
}

TEST(LagAttention, FindsWhichTrackMadeTheSoundAndHowLate) {
  constexpr int kLag = 3;
  std::mt19937 random(3);
  LagAttentionParameters p{.heads = 2,
                           .width = 16,
                           .max_lag = 5,
                           .evidence_radius = 10,
                           .block_ticks = 5,
                           .window = Numbers(42, 1.0F / 21),
                           .lag_bias = Numbers(22),
                           .scale = {20, 20}};
  Scene scene{p, {0, 32, random_numbers(random, 60 * 32, 0.25F)}, {0, 2, Numbers(120, 0.3F)}, {}};
  scene.tracks.push_back({0, 32, random_numbers(random, 60 * 32, 0.25F)});
  scene.tracks.push_back({0, 32, random_numbers(random, 60 * 32, 0.25F)});
  for (int t = 0; t + kLag < 60; ++t)
    std::copy_n(scene.queries.view().row(t), 32, scene.tracks[1].values.data() + (t + kLag) * 32);
  const LagAttention attention(p);
  const LagWeights weights = attention.weights(
      attention.evidence(25, scene.queries.view(), scene.null_logits.view(), scene.track_views()));
  for (int row = 0; row < 10; ++row) EXPECT_GT(weights.mass[row * 2 + 1], 0.95F);
  for (int t = 0; t < 5; ++t) EXPECT_GT(weights.profile[t * 11 + 5 + kLag], 0.95F);
}

TEST(LagAttention, GivesTheSameBitsWhereverTheStretchesWereCut) {
  std::mt19937 random(4);
  Scene scene = random_scene(random, 2);
  const LagAttentionParameters& p = scene.parameters;
  scene.tracks[0] = {-20, p.heads * p.width, random_numbers(random, 60 * p.heads * p.width)};
  scene.queries = {-20, p.heads * p.width, random_numbers(random, 60 * p.heads * p.width)};
  scene.null_logits = {-20, p.heads, random_numbers(random, 60 * p.heads)};
  const LagAttention attention(p);
  const auto cut = [](const Rows& rows, TokenIndex first, TokenIndex end) {
    const TickRows whole = rows.view();
    first = std::max(first, whole.first);
    end = std::max(first, std::min(end, whole.end()));
    return TickRows{first, end - first, whole.row(first), whole.width};
  };
  const int radius = p.evidence_radius;
  const int far = radius + p.max_lag;
  const std::vector<TickRows> near{cut(scene.tracks[0], -far, p.block_ticks + far),
                                   scene.tracks[1].view()};
  const LagEvidence whole =
      attention.evidence(0, scene.queries.view(), scene.null_logits.view(), scene.track_views());
  const LagEvidence part =
      attention.evidence(0, cut(scene.queries, -radius, p.block_ticks + radius),
                         cut(scene.null_logits, -radius, p.block_ticks + radius), near);
  EXPECT_EQ(whole.logits, part.logits);
  EXPECT_EQ(whole.null, part.null);
  EXPECT_EQ(attention.weights(whole).profile, attention.weights(part).profile);
}

TEST(LagAttention, RefusesParametersThatDoNotFit) {
  std::mt19937 random(5);
  LagAttentionParameters p = random_scene(random, 0).parameters;
  p.lag_bias.push_back(0);
  try {
    const LagAttention attention(p);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_THAT(error.what(), testing::HasSubstr("lag_bias"));
  }
}

}  // namespace
}  // namespace attune::attention
