#include "nodes/seam.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "media/audio_decoder.h"
#include "media/demuxer.h"
#include "models/audio_tokenizer.h"
#include "models/model_store.h"

namespace attune::nodes {
namespace {

/// Windows of tracks and blocks of tokens begin at each of these (face_tracker, audio_encoder).
constexpr TokenIndex kSeamTicks = 50;
constexpr TokenIndex kSearchTicks = 9 * kSeamTicks;
/// Before and after a seam.
constexpr TokenIndex kQuietTicks = 12;
/// A pause so much farther away, in ticks, must be surer by a hundredth.
constexpr double kTicksForHundredth = 250;

/// Probability of speech from `first` on.
struct Speech {
  TokenIndex first = 0;
  std::vector<float> probability;

  /// 1 where it is not known.
  double around(TokenIndex tick) const {
    double sum = 0;
    for (TokenIndex t = tick - kQuietTicks; t < tick + kQuietTicks; ++t) {
      const TokenIndex at = t - first;
      const bool known = at >= 0 && at < static_cast<TokenIndex>(probability.size());
      sum += known ? probability[static_cast<std::size_t>(at)] : 1;
    }
    return sum / static_cast<double>(2 * kQuietTicks);
  }
};

Speech listen(const std::string& input, const std::string& audio, TimeSpan span) {
  media::Demuxer demuxer(input, {.audio_track = audio, .video = false});
  if (span.start > demuxer.info().start_time) demuxer.seek(span.start);
  media::AudioDecoder decoder(*demuxer.info().audio());
  const auto model = models::AlignModel::open(
      models::ModelStore().resolve(models::ModelRole::kAligner, "auto").path);
  Speech speech{token_ceil(span.start), {}};
  models::AudioTokenizer tokenizer(model, speech.first);
  const auto hear = [&](const media::AudioChunk& chunk) {
    const auto tokens = tokenizer.push(chunk.samples, chunk.start);
    speech.probability.insert(speech.probability.end(), tokens.speech.begin(), tokens.speech.end());
  };
  while (const auto packet = demuxer.read()) {
    decoder.decode(*packet->data, hear);
    if (packet->span.start > span.end) break;
  }
  decoder.flush(hear);
  return speech;
}

bool has_sound(const std::string& input, const std::string& audio) {
  return media::probe(input, {.audio_track = audio}).audio() != nullptr;
}

}  // namespace

Timestamp find_seam(const std::string& input, const std::string& audio, Timestamp near) {
  const TokenIndex middle = (token_floor(near) + kSeamTicks / 2) / kSeamTicks * kSeamTicks;
  if (!has_sound(input, audio)) return token_time(middle);
  const Speech speech = listen(input, audio,
                               {token_time(middle - kSearchTicks - kSeamTicks),
                                token_time(middle + kSearchTicks + kSeamTicks)});
  TokenIndex best = middle;
  double lowest = std::numeric_limits<double>::max();
  for (TokenIndex tick = middle - kSearchTicks; tick <= middle + kSearchTicks; tick += kSeamTicks) {
    const double cost = speech.around(tick) +
                        std::abs(static_cast<double>(tick - middle)) / kTicksForHundredth / 100;
    if (cost < lowest) {
      lowest = cost;
      best = tick;
    }
  }
  return token_time(best);
}

}  // namespace attune::nodes
