#pragma once

#include <optional>
#include <string>

#include "core/time.h"
#include "media/demuxer.h"

namespace attune::media {

/// The presentation time of the first sample of the audio track that `options` choose, decoded;
/// nothing where no sound comes. Throws as Demuxer and AudioDecoder do.
std::optional<Timestamp> first_sample_time(const std::string& location, DemuxOptions options);

}  // namespace attune::media
