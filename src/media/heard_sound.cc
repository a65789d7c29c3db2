#include "media/heard_sound.h"

#include <utility>

namespace attune::media {

HeardSound hear_until(const std::string& location, DemuxOptions options,
                      const AudioDecoderOptions& decoder_options, Timestamp time,
                      const std::atomic<bool>* stop) {
  options.video = false;
  Demuxer demuxer(location, std::move(options), stop);
  HeardSound heard{std::make_unique<AudioDecoder>(*demuxer.info().audio(), decoder_options), time};
  while (const auto packet = demuxer.read()) {
    heard.next = packet->span.start;
    if (heard.next >= time) break;
    heard.decoder->decode(*packet->data, [](const AudioChunk&) {});
    heard.next = time;
  }
  return heard;
}

}  // namespace attune::media
