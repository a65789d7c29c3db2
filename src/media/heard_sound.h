#pragma once

#include <memory>
#include <string>

#include "core/time.h"
#include "media/audio_decoder.h"
#include "media/demuxer.h"

namespace attune::media {

/// A decoder that has heard a recording up to a time. What decoders and resamplers make of sound
/// depends on all that came before it, be it only the noise that some fill gaps of the spectrum
/// with: so what follows comes out as if nothing had been left out.
struct HeardSound {
  std::unique_ptr<AudioDecoder> decoder;
  /// The start of the first packet that it has not taken.
  Timestamp next{};
};

/// Decodes the audio track that `options` choose and throws the sound away; about 1/400 of its
/// length. Throws as Demuxer and AudioDecoder do.
HeardSound hear_until(const std::string& location, DemuxOptions options,
                      const AudioDecoderOptions& decoder_options, Timestamp time,
                      const std::atomic<bool>* stop = nullptr);

}  // namespace attune::media
