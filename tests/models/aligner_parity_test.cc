#include "aligner_parity.h"

#include "models/aligner.h"

namespace attune::models {
namespace {

constexpr int kTicks = 40;
constexpr double kTolerance = 1e-3;

AudioTokens parity_audio() {
  AudioTokenizer tokenizer(shipped_model(), 0);
  AudioTokens tokens = tokenizer.push(Parity::arrays().values("waveform"), Timestamp(0));
  const AudioTokens rest = tokenizer.finish(kTicks);
  tokens.tokens.insert(tokens.tokens.end(), rest.tokens.begin(), rest.tokens.end());
  tokens.speech.insert(tokens.speech.end(), rest.speech.begin(), rest.speech.end());
  return tokens;
}

FaceTokens parity_face(const std::string& name) {
  FaceTokenizer tokenizer(shipped_model(), Parity::arrays().tick(name + ".start"));
  FaceTokens tokens = tokenizer.push(Parity::arrays().bytes(name + ".crops"));
  const FaceTokens rest = tokenizer.finish();
  tokens.tokens.insert(tokens.tokens.end(), rest.tokens.begin(), rest.tokens.end());
  tokens.motion.insert(tokens.motion.end(), rest.motion.begin(), rest.motion.end());
  return tokens;
}

TEST(AlignerParity, AudioTokensAndSpeechAgreeWithTheTrainingProgram) {
  const AudioTokens tokens = parity_audio();
  EXPECT_EQ(tokens.first, 0);
  expect_near(tokens.tokens, Parity::arrays().values("audio.tokens"), kTolerance, "audio tokens");
  expect_near(tokens.speech, Parity::arrays().values("speech.probability"), kTolerance, "speech");
}

TEST(AlignerParity, FaceTokensAndMotionAgreeWithTheTrainingProgram) {
  for (const std::string name : {"track_a", "track_b"}) {
    const FaceTokens tokens = parity_face(name);
    expect_near(tokens.tokens, Parity::arrays().values(name + ".tokens"), kTolerance, name.c_str());
    expect_near(tokens.motion, Parity::arrays().values(name + ".motion"), kTolerance, "motion");
  }
}

TEST(AlignerParity, MassesLogitsAndProfileAgreeWithTheTrainingProgram) {
  const Parity& expected = Parity::arrays();
  Aligner aligner(shipped_model(),
                  {.first = 0, .live = false, .lag_prior = expected.values("prior")});
  aligner.push_audio(parity_audio());
  aligner.push_face(1, parity_face("track_a"));
  aligner.push_face(2, parity_face("track_b"));
  const AlignedTicks result = aligner.finish();
  ASSERT_EQ(result.length(), kTicks);
  const tensor::Tensor mass = expected["mass"];
  const tensor::Tensor null = expected["null"];
  const tensor::Tensor speaking = expected["speaking.logits"];
  for (int t = 0; t < kTicks; ++t) {
    double mean = 0;
    for (int h = 0; h < 4; ++h) mean += null.at({h, t}) / 4;
    EXPECT_NEAR(result.null_mass[t], mean, kTolerance) << t;
  }
  expect_near(result.off_screen, expected.values("offscreen.logits"), kTolerance, "off screen");
  expect_near(result.profile, expected.values("profile_without_prior"), kTolerance, "profile");
  ASSERT_EQ(result.tracks.size(), 2U);
  for (int f = 0; f < 2; ++f) {
    const AlignedTicks::Track& track = result.tracks[f];
    const std::string name = f == 0 ? "track_a" : "track_b";
    EXPECT_EQ(track.first, expected.tick(name + ".start"));
    ASSERT_EQ(std::ssize(track.mass),
              std::min<std::int64_t>(expected[name + ".motion"].size(), kTicks - track.first));
    for (std::size_t i = 0; i < track.mass.size(); ++i) {
      const auto t = track.first + static_cast<std::int64_t>(i);
      double mean = 0;
      for (int h = 0; h < 4; ++h) mean += mass.at({h, f, t}) / 4;
      EXPECT_NEAR(track.mass[i], mean, kTolerance) << name << " at " << t;
      EXPECT_NEAR(track.speaking[i], speaking.at({f, t}), kTolerance) << name << " at " << t;
    }
  }
  // The estimator of a file that heard these profiles ends where the training program's does.
  LagEstimator lag({.max_lag = 15, .prior_ticks = kLagPriorTicks, .memory_ticks = 0});
  for (int t = 0; t < kTicks; ++t) lag.add(std::span(result.profile).subspan(t * 31, 31));
  expect_near(lag.log_prior(), expected.values("prior"), kTolerance, "prior");
}

TEST(AlignerParity, EvidenceAgreesWithTheTrainingProgram) {
  const Parity& expected = Parity::arrays();
  const auto model = shipped_model();
  const AlignProjections& layers = model->projections();
  // The training program's own tokens, so that this test sees the attention alone.
  const tensor::Tensor audio = expected["audio.tokens"];
  tensor::Tensor queries = layers.query(audio);
  const tensor::Tensor gains = layers.gain(audio);
  tensor::Tensor nulls = layers.null(audio);
  const auto unit = [](std::span<float> values) {
    double squares = 0;
    for (const float x : values) squares += x * x;
    for (float& x : values) x = static_cast<float>(x / std::sqrt(squares));
  };
  for (int t = 0; t < kTicks; ++t)
    for (int h = 0; h < 4; ++h) {
      const double gain = std::log1p(std::exp(gains.at({t, h})));
      const auto part = queries.values().subspan(t * 128 + h * 32, 32);
      unit(part);
      for (float& x : part) x *= static_cast<float>(gain);
      nulls.at({t, h}) += static_cast<float>(gain * layers.null_cosine[h]);
    }
  std::vector<tensor::Tensor> keys;
  std::vector<attention::TickRows> tracks;
  for (const std::string name : {"track_a", "track_b"}) {
    keys.push_back(layers.key(expected[name + ".tokens"]));
    for (std::int64_t i = 0; i < keys.back().size(); i += 32)
      unit(keys.back().values().subspan(i, 32));
    tracks.push_back({expected.tick(name + ".start"), keys.back().dim(0), keys.back().data(), 128});
  }
  const std::vector<float> prior = expected.values("prior");
  const tensor::Tensor evidence = expected["evidence"];
  const tensor::Tensor null = expected["null_evidence"];
  const tensor::Tensor profile = expected["profile"];
  for (TokenIndex first = 0; first < kTicks; first += AlignModel::kBlockTicks) {
    attention::LagEvidence block = model->attention().evidence(
        first, {0, kTicks, queries.data(), 128}, {0, kTicks, nulls.data(), 4}, tracks);
    std::vector<float> priors;
    for (int t = 0; t < AlignModel::kBlockTicks; ++t)
      priors.insert(priors.end(), prior.begin(), prior.end());
    model->attention().add_prior(block, priors);
    const attention::LagWeights weights = model->attention().weights(block);
    std::size_t i = 0;
    for (int h = 0; h < 4; ++h)
      for (int t = 0; t < AlignModel::kBlockTicks; ++t) {
        EXPECT_NEAR(block.null[h * AlignModel::kBlockTicks + t], null.at({h, first + t}),
                    kTolerance);
        for (int f = 0; f < 2; ++f)
          for (int d = 0; d < 31; ++d)
            ASSERT_NEAR(block.logits[i++], evidence.at({h, f, first + t, d}), kTolerance)
                << "head " << h << " face " << f << " tick " << first + t << " lag " << d - 15;
      }
    for (int t = 0; t < AlignModel::kBlockTicks; ++t)
      for (int d = 0; d < 31; ++d)
        EXPECT_NEAR(weights.profile[t * 31 + d], profile.at({first + t, d}), kTolerance);
  }
}

}  // namespace
}  // namespace attune::models
