#include "media/first_sample.h"

#include <utility>

#include "media/audio_decoder.h"

namespace attune::media {

std::optional<Timestamp> first_sample_time(const std::string& location, DemuxOptions options) {
  options.video = false;
  Demuxer demuxer(location, std::move(options));
  AudioDecoder decoder(*demuxer.info().audio());
  std::optional<Timestamp> first;
  const auto sink = [&](const AudioChunk& chunk) {
    if (!first) first = chunk.start;
  };
  while (const auto packet = demuxer.read()) {
    decoder.decode(*packet->data, sink);
    if (first) return first;
  }
  decoder.flush(sink);
  return first;
}

}  // namespace attune::media
