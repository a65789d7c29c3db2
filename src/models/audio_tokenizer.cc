#include "models/audio_tokenizer.h"

#include <algorithm>
#include <cmath>

namespace attune::models {

AudioTokenizer::AudioTokenizer(std::shared_ptr<const AlignModel> model, TokenIndex first)
    : model_(std::move(model)), next_(first) {
  const AlignGeometry& g = model_->geometry();
  const std::int64_t first_frame = first * g.mel_frames_per_tick() - g.speech_context;
  first_sample_ = first_frame * g.sound.frame_hop + model_->log_mel().first_sample();
}

std::int64_t AudioTokenizer::sample_at(Timestamp t) const {
  return std::llround(to_seconds(t) * model_->geometry().sound.sample_rate_hz);
}

AudioTokens AudioTokenizer::push(std::span<const float> samples, Timestamp start) {
  AudioTokens tokens{.first = next_, .tokens{}, .speech{}};
  const int rounding = model_->geometry().sound.sample_rate_hz / 1000;
  std::int64_t position = sample_at(start);
  if (std::abs(position - heard()) <= rounding) position = heard();
  hear_silence(position, tokens);
  const std::int64_t known = std::clamp<std::int64_t>(heard() - position, 0, std::ssize(samples));
  samples = samples.subspan(known);
  // A second at a time bounds the memory whatever the caller hands over.
  while (!samples.empty()) {
    const std::size_t piece =
        std::min<std::size_t>(samples.size(), model_->geometry().sound.sample_rate_hz);
    samples_.insert(samples_.end(), samples.begin(), samples.begin() + piece);
    samples = samples.subspan(piece);
    compute_tokens(tokens);
  }
  return tokens;
}

AudioTokens AudioTokenizer::advance(Timestamp until) {
  AudioTokens tokens{.first = next_, .tokens{}, .speech{}};
  hear_silence(sample_at(until), tokens);
  return tokens;
}

AudioTokens AudioTokenizer::finish(TokenIndex end) {
  AudioTokens tokens{.first = next_, .tokens{}, .speech{}};
  const AlignGeometry& g = model_->geometry();
  while (next_ < end) {
    const std::int64_t last_frame =
        (next_ + kBlockTicks - 1) * g.mel_frames_per_tick() + g.speech_context;
    hear_silence(last_frame * g.sound.frame_hop + g.sound.frame_length, tokens);
  }
  const std::size_t length = std::max<TokenIndex>(end - tokens.first, 0);
  if (tokens.speech.size() > length) {
    tokens.speech.resize(length);
    tokens.tokens.resize(length * g.width);
  }
  return tokens;
}

void AudioTokenizer::hear_silence(std::int64_t until, AudioTokens& tokens) {
  while (heard() < until) {
    const std::int64_t piece =
        std::min<std::int64_t>(until - heard(), model_->geometry().sound.sample_rate_hz);
    samples_.resize(samples_.size() + piece, 0.0F);
    compute_tokens(tokens);
  }
}

void AudioTokenizer::compute_tokens(AudioTokens& tokens) {
  const AlignGeometry& g = model_->geometry();
  compute_frames();
  const auto needed = static_cast<std::size_t>(model_->speech_activity().frames_for(kBlockTicks)) *
                      g.sound.mel_bands;
  while (mel_.size() >= needed) compute_block(tokens);
}

void AudioTokenizer::compute_frames() {
  const LogMel& log_mel = model_->log_mel();
  const LogMelGeometry& g = log_mel.geometry();
  const auto known = static_cast<std::int64_t>(samples_.size());
  if (known < g.frame_length) return;
  const int frames = static_cast<int>((known - g.frame_length) / g.frame_hop) + 1;
  const std::size_t old = mel_.size();
  mel_.resize(old + static_cast<std::size_t>(frames) * g.mel_bands);
  const std::span<float> added = std::span(mel_).subspan(old);
  log_mel.compute(std::span(samples_).first(log_mel.samples_for(frames)), frames, added);
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::size_t band = i % g.mel_bands;
    added[i] = (added[i] - model_->mel_mean()[band]) / model_->mel_std()[band];
  }
  const std::int64_t done = static_cast<std::int64_t>(frames) * g.frame_hop;
  samples_.erase(samples_.begin(), samples_.begin() + done);
  first_sample_ += done;
}

void AudioTokenizer::compute_block(AudioTokens& tokens) {
  const AlignGeometry& g = model_->geometry();
  const std::int64_t bands = g.sound.mel_bands;
  const auto frames = [&](std::int64_t first, std::int64_t count) {
    return tensor::Tensor({count, bands}, std::span(mel_).subspan(first * bands, count * bands));
  };
  const int wide = model_->speech_activity().frames_for(kBlockTicks);
  const int narrow = model_->audio_encoder().frames_for(kBlockTicks);
  const std::vector<float> speech = model_->speech_activity()(frames(0, wide));
  const tensor::Tensor heard =
      model_->audio_encoder()(frames(g.speech_context - g.audio_context, narrow));
  tokens.speech.insert(tokens.speech.end(), speech.begin(), speech.end());
  tokens.tokens.insert(tokens.tokens.end(), heard.values().begin(), heard.values().end());
  next_ += kBlockTicks;
  const std::int64_t done = static_cast<std::int64_t>(kBlockTicks) * g.mel_frames_per_tick();
  mel_.erase(mel_.begin(), mel_.begin() + done * bands);
}

}  // namespace attune::models
