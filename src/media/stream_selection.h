#pragma once

#include <optional>
#include <string>
#include <vector>

#include "media/media_info.h"

namespace attune::media {

/// A stream that was taken, or none, with the reason in words for a person.
struct StreamChoice {
  std::optional<std::size_t> stream;
  std::string reason;
};

/// Takes the audio track asked for: "auto" (the one marked as default, else `preferred`, else the
/// first), "none", its number from 1 among the audio tracks, or a language ("eng", "de").
/// Throws Error(kInput) that lists the tracks there are when none is the one asked for.
StreamChoice choose_audio(const std::vector<StreamInfo>& streams, const std::string& wanted,
                          std::optional<std::size_t> preferred);

/// Takes the video stream that is no still picture: marked as default first, then the largest.
StreamChoice choose_video(const std::vector<StreamInfo>& streams, bool wanted);

/// "eng, aac, 5.1, 48 kHz"
std::string describe_audio(const StreamInfo& stream);

}  // namespace attune::media
