#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "media/track_muxer.h"
#include "media/video_encoder.h"

namespace attune::media {

/// A text on display for a while, counted from the recording's start as players show it.
struct ShownText {
  TimeSpan span{};
  /// The last field of a Dialogue line of Advanced SubStation Alpha.
  std::string text;
};

/// What is drawn into a picture.
struct BurnIn {
  /// Of a script of Advanced SubStation Alpha, for a picture of the shape that shown_aspect()
  /// gives.
  std::string script_header;
  std::vector<ShownText> texts;
  VideoEncoderOptions encoder;
};

/// Width to height of the picture that captions would be drawn into, upright and as shown. Throws
/// Error(kInput) when the file cannot be read or has no picture.
double shown_aspect(const std::string& source);

/// Writes a copy of `source` with the texts drawn into every picture whose time lies in their span;
/// the pictures are encoded anew, everything else is copied (StreamCopy). Pictures keep their size
/// (odd sides grow by one), rotation, pixel aspect and times; more than 8 bits a channel or less
/// subsampled colours become 8-bit 4:2:0.
///
/// One pass; memory does not depend on the length. Throws as mux_subtitle_track does; `target` is
/// then to be thrown away.
void burn_in(const std::string& source, const std::filesystem::path& target,
             const std::string& format, const BurnIn& what, const CopyWatch& watch = {});

}  // namespace attune::media
