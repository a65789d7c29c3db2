#pragma once

#include <string>

#include "media/media_info.h"

struct AVPacket;

namespace attune::media {

/// The codec as RFC 6381 names it, for the CODECS attribute of an HLS playlist and for browsers:
/// "avc1.64001f", "hvc1.1.6.L93.90", "mp4a.40.2", "ac-3". Profile and level are read from the
/// stream's parameter sets (ISO/IEC 14496-15, annex E for HEVC), which some containers keep in the
/// pictures alone: then in `key_picture`, which may be null. Empty where they are found nowhere, or
/// for a codec that has no name in HLS.
std::string codec_string(const StreamInfo& stream, const AVPacket* key_picture);

}  // namespace attune::media
