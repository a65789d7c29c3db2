#pragma once

#include <string>

#include "media/live_source.h"

namespace attune::media {

/// What FFmpeg's error code means for this source and what to do, as the end of a sentence that
/// begins with the source. Without secrets.
std::string explain_feed_error(const LiveSource& source, int code);

}  // namespace attune::media
