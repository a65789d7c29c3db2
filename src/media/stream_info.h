#pragma once

#include <string>

#include "media/media_info.h"

struct AVFormatContext;
struct AVStream;

namespace attune::media {

/// Reads what FFmpeg found out about a stream into a form that does not depend on its version.
StreamInfo read_stream_info(AVFormatContext& format, AVStream& stream, const std::string& location);

}  // namespace attune::media
