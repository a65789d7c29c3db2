#include "models/aligner.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "models/align_projections.h"

namespace attune::models {

namespace {

constexpr int kBlock = AlignModel::kBlockTicks;

float mean_over_heads(std::span<const float> values, std::size_t offset, std::size_t step,
                      int heads) {
  float sum = 0;
  for (int h = 0; h < heads; ++h) sum += values[offset + h * step];
  return sum / static_cast<float>(heads);
}

attention::TickRows up_to(TokenIndex end, attention::TickRows rows) {
  rows.length = std::clamp<std::int64_t>(end - rows.first, 0, rows.length);
  return rows;
}

}  // namespace

Aligner::Aligner(std::shared_ptr<const AlignModel> model, AlignerOptions options)
    : model_(std::move(model)),
      options_(std::move(options)),
      lag_({.max_lag = model_->geometry().max_lag,
            .prior_ticks = kLagPriorTicks,
            .memory_ticks = options_.live ? kLiveLagMemoryTicks : 0}),
      audio_(options_.first, model_->geometry().width),
      speech_(options_.first, 1),
      queries_(options_.first, model_->geometry().width),
      null_logits_(options_.first, model_->geometry().heads),
      faces_end_(std::numeric_limits<TokenIndex>::min()),
      next_block_(options_.first),
      next_result_(options_.first),
      offscreen_features_(options_.first, model_->offscreen_head().features()),
      null_mass_(options_.first, 1),
      profile_(options_.first, model_->geometry().lags()),
      lags_(options_.first, 2) {
  if (!options_.lag_prior.empty() && std::ssize(options_.lag_prior) != lag_.lags()) {
    throw Error(ErrorKind::kUsage, fmt::format("lag prior of {} values where the model has {} lags",
                                               options_.lag_prior.size(), lag_.lags()));
  }
}

int Aligner::look_ahead(const AlignGeometry& geometry) {
  return geometry.head_context + geometry.evidence_radius + geometry.max_lag + kBlock - 1;
}

void Aligner::push_audio(const AudioTokens& tokens) {
  const AlignGeometry& g = model_->geometry();
  if (tokens.length() == 0) return;
  if (tokens.first != audio_.end() || tokens.tokens.size() != tokens.speech.size() * g.width) {
    throw Error(ErrorKind::kUsage, fmt::format("aligner: audio tokens at tick {} where {} follows",
                                               tokens.first, audio_.end()));
  }
  for (int i = 0; i < tokens.length(); ++i) {
    const auto token = std::span(tokens.tokens).subspan(i * g.width, g.width);
    const AlignQuery query = align_query(*model_, token);
    queries_.append(query.query);
    null_logits_.append(query.null);
  }
  audio_.append(tokens.tokens);
  speech_.append(tokens.speech);
}

void Aligner::push_face(std::int64_t track, const FaceTokens& tokens) {
  const AlignGeometry& g = model_->geometry();
  if (tokens.length() == 0) return;
  const auto known = tracks_.find(track);
  const TokenIndex expected = known == tracks_.end() ? tokens.first : known->second.keys.end();
  if (tokens.first != expected || tokens.first < faces_end_ ||
      tokens.tokens.size() != tokens.motion.size() * g.width) {
    throw Error(
        ErrorKind::kUsage,
        fmt::format("aligner: tokens of track {} at tick {}, where {} follows and faces are "
                    "complete up to {}",
                    track, tokens.first, expected, faces_end_));
  }
  if (known == tracks_.end()) {
    tracks_.emplace(track, Track{.first = tokens.first,
                                 .values = TickBuffer(tokens.first, g.width),
                                 .keys = TickBuffer(tokens.first, g.width),
                                 .motion = TickBuffer(tokens.first, 1),
                                 .features{},
                                 .mass{}});
  }
  Track& to = tracks_.at(track);
  for (int i = 0; i < tokens.length(); ++i) {
    const auto token = std::span(tokens.tokens).subspan(i * g.width, g.width);
    to.keys.append(align_key(*model_, token));
  }
  to.values.append(tokens.tokens);
  to.motion.append(tokens.motion);
}

void Aligner::faces_complete(TokenIndex tick) {
  faces_end_ = std::max(faces_end_, tick);
}

AlignedTicks Aligner::pull() {
  return run();
}

AlignedTicks Aligner::finish() {
  finished_ = true;
  return run();
}

AlignedTicks Aligner::run() {
  AlignedTicks result;
  result.first = next_result_;
  while (block_ready()) {
    attend();
    emit(result);
    forget();
  }
  if (finished_ && next_result_ < end()) emit(result);
  return result;
}

int Aligner::audio_ahead() const {
  const int radius = model_->geometry().evidence_radius;
  return std::min(options_.look_ahead_ticks.value_or(radius), radius);
}

int Aligner::faces_ahead() const {
  const int all = model_->geometry().evidence_radius + model_->geometry().max_lag;
  return std::min(options_.look_ahead_ticks.value_or(all), all);
}

int Aligner::head_ahead() const {
  return options_.look_ahead_ticks ? 0 : model_->geometry().head_context;
}

bool Aligner::block_ready() const {
  if (finished_) return next_block_ < end();
  const TokenIndex block_end = next_block_ + kBlock;
  return audio_.end() >= block_end + audio_ahead() && faces_end_ >= block_end + faces_ahead();
}

void Aligner::attend() {
  const AlignGeometry& g = model_->geometry();
  const attention::LagAttention& attention = model_->attention();
  std::vector<Track*> tracks;
  std::vector<attention::TickRows> keys;
  const TokenIndex keys_end = next_block_ + kBlock + faces_ahead();
  for (auto& [id, track] : tracks_) {
    if (track.keys.end() <= next_block_ - g.max_lag) continue;
    if (track.keys.first() >= std::min(keys_end, next_block_ + kBlock + g.max_lag)) continue;
    tracks.push_back(&track);
    keys.push_back(up_to(keys_end, track.keys.view()));
  }
  // What happens to have come already must not make a difference.
  const TokenIndex queries_end = next_block_ + kBlock + audio_ahead();
  AttendedBlock block;
  block.first = next_block_;
  block.length = static_cast<int>(std::min<TokenIndex>(kBlock, end() - next_block_));
  block.evidence = attention.evidence(block.first, up_to(queries_end, queries_.view()),
                                      up_to(queries_end, null_logits_.view()), keys);
  attention.add_prior(block.evidence, follow_lag(block.evidence));
  block.weights = attention.weights(block.evidence);
  block.margin = attention.margin(block.evidence);
  for (int t = 0; t < block.length; ++t) {
    null_mass_.append(mean_over_heads(block.weights.null, t, kBlock, g.heads));
  }
  for (std::size_t f = 0; f < tracks.size(); ++f)
    add_columns(block, static_cast<int>(f), *tracks[f]);
  offscreen_features_.append(offscreen_columns(*model_, block, audio_, speech_));
  next_block_ += kBlock;
}

void Aligner::add_columns(const AttendedBlock& block, int index, Track& track) {
  if (!track.features) {
    track.features.emplace(block.first, model_->speaking_head().features());
    track.mass.emplace(block.first, 1);
  }
  track.features->append(
      speaking_columns(*model_, block, {index, track.values, track.motion}, audio_, speech_));
  const int count = block.evidence.tracks;
  for (int t = 0; t < block.length; ++t) {
    track.mass->append(mean_over_heads(block.weights.mass, t * count + index, kBlock * count,
                                       model_->geometry().heads));
  }
}

std::vector<float> Aligner::follow_lag(const attention::LagEvidence& evidence) {
  const int lags = lag_.lags();
  const std::vector<float> profile = model_->attention().weights(evidence).profile;
  std::vector<float> prior(profile.size());
  for (int t = 0; t < kBlock; ++t) {
    if (evidence.first + t >= end()) break;
    const auto moment = std::span(profile).subspan(t * lags, lags);
    lag_.add(moment);
    const std::vector<float> known =
        options_.lag_prior.empty() ? lag_.log_prior() : options_.lag_prior;
    std::ranges::copy(known, prior.begin() + t * lags);
    const LagEstimator::Estimate estimate = lag_.estimate();
    profile_.append(moment);
    lags_.append(static_cast<float>(estimate.lag_ticks));
    lags_.append(static_cast<float>(estimate.confidence));
  }
  return prior;
}

// The heads look head_context ticks around, so that results end that much before the attended
// blocks; at the recording's ends, and where the look-ahead does not reach, the first and last
// column is repeated.
std::vector<float> Aligner::head(const AlignHead& head, const TickBuffer& features) const {
  const int context = model_->geometry().head_context;
  tensor::Tensor columns({kBlock + 2 * context, head.features()});
  for (int i = 0; i < kBlock + 2 * context; ++i) {
    const TokenIndex tick =
        std::clamp(next_result_ - context + i, features.first(), features.end() - 1);
    std::ranges::copy(features.row(tick), columns.data() + i * head.features());
  }
  return head(columns);
}

void Aligner::emit(AlignedTicks& result) {
  const int context = head_ahead();
  const TokenIndex attended = offscreen_features_.end();
  while (next_result_ < attended) {
    const bool last = finished_ && attended == end();
    // The first is as short as makes all others end context ticks before a block of the attention.
    const TokenIndex begin = next_result_;
    TokenIndex stop = begin + kBlock - (begin == options_.first ? context % kBlock : 0);
    if (last) stop = std::min(stop, attended);
    if (!last && stop + context > attended) break;
    const std::vector<float> off_screen = head(model_->offscreen_head(), offscreen_features_);
    for (TokenIndex t = begin; t < stop; ++t) {
      result.null_mass.push_back(null_mass_.row(t)[0]);
      result.speech.push_back(speech_.row(t)[0]);
      result.off_screen.push_back(off_screen[t - begin]);
      result.profile.insert(result.profile.end(), profile_.row(t).begin(), profile_.row(t).end());
      result.lag_ticks.push_back(lags_.row(t)[0]);
      result.lag_confidence.push_back(lags_.row(t)[1]);
    }
    for (const auto& [id, track] : tracks_) emit_track(id, track, begin, stop, result);
    next_result_ = stop;
  }
}

void Aligner::emit_track(std::int64_t id, const Track& track, TokenIndex begin, TokenIndex end,
                         AlignedTicks& result) const {
  const TokenIndex from = std::max(begin, track.first);
  const TokenIndex to = std::min(end, track.keys.end());
  if (from >= to) return;
  const std::vector<float> logits = head(model_->speaking_head(), *track.features);
  auto known = std::ranges::find(result.tracks, id, &AlignedTicks::Track::id);
  if (known == result.tracks.end()) {
    known = std::ranges::lower_bound(result.tracks, id, {}, &AlignedTicks::Track::id);
    known = result.tracks.insert(known, {.id = id, .first = from, .mass{}, .speaking{}});
  }
  for (TokenIndex t = from; t < to; ++t) {
    known->mass.push_back(track.mass->row(t)[0]);
    known->speaking.push_back(logits[t - begin]);
  }
}

void Aligner::forget() {
  const AlignGeometry& g = model_->geometry();
  const TokenIndex columns = next_result_ - g.head_context;
  const TokenIndex queries = next_block_ - g.evidence_radius;
  const TokenIndex keys = std::min(queries - g.max_lag, columns);
  queries_.drop_before(queries);
  null_logits_.drop_before(queries);
  audio_.drop_before(next_block_);
  speech_.drop_before(next_result_);
  for (TickBuffer* buffer : {&null_mass_, &profile_, &lags_}) buffer->drop_before(next_result_);
  offscreen_features_.drop_before(columns);
  for (auto track = tracks_.begin(); track != tracks_.end();) {
    Track& t = track->second;
    t.keys.drop_before(keys);
    t.values.drop_before(keys);
    t.motion.drop_before(next_block_);
    if (t.features) {
      t.features->drop_before(columns);
      t.mass->drop_before(next_result_);
    }
    track = t.keys.end() <= keys ? tracks_.erase(track) : std::next(track);
  }
}

}  // namespace attune::models
