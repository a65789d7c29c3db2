#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "media/av.h"
#include "media/container_format.h"

namespace attune::media {

/// Times of subtitle packets: milliseconds, as SubRip and WebVTT write them.
inline constexpr Ratio kSubtitleTimeBase{1, 1000};

/// Captions to be put into a container.
struct SubtitleTrack {
  SubtitleCodec codec = SubtitleCodec::kSubRip;
  /// A whole WebVTT file for kWebVtt, else a whole SubRip file.
  std::string text;
  /// Three letters of ISO 639-2, or empty.
  std::string language;
  std::string title;
};

/// The cues as packets, in order of time, from the time zero of `track.text`. Packets of WebVTT
/// carry identifier and settings beside the text; those of 3GPP timed text follow each other
/// without a gap (empty ones between cues) and where cues overlap hold the text of all.
/// Throws Error(kInput) when FFmpeg cannot read the text, or it has no cue.
std::vector<PacketHandle> subtitle_packets(const SubtitleTrack& track);

/// The sample description of 3GPP timed text (3GPP TS 26.245, 5.16, without size and name): white
/// sans serif at the bottom of a picture of this size, centred.
std::string timed_text_description(int width, int height);

}  // namespace attune::media
