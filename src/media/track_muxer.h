#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "core/time.h"
#include "media/subtitle_packets.h"

namespace attune::media {

/// How a long copy is watched and ended.
struct CopyWatch {
  /// May be set by any thread; the copy then ends with Error(kStopped).
  const std::atomic<bool>* stop = nullptr;
  /// Media time done so far, from the start of the recording, and its whole length or zero. Called
  /// often, from the calling thread; empty: nobody.
  std::function<void(Duration done, Duration total)> on_progress;
};

/// Writes a copy of `source` with one more track, of text: nothing is encoded anew, and everything
/// else stays as it is (StreamCopy). Cue times count from the recording's start as players show it
/// (ContainerReader::start_time). The new track is marked as default, and text tracks that were are
/// no longer, so that players show it.
///
/// `format` is the container's name as container_format() gives it. Memory: the captions and what
/// interleaving holds back (at most ten seconds of the recording). Throws Error(kInput) for what is
/// wrong with the source or the captions, Error(kUsage) when the container has no place for a
/// stream, Error(kOutput), Error(kStopped); `target` is then to be thrown away.
void mux_subtitle_track(const std::string& source, const std::filesystem::path& target,
                        const std::string& format, const SubtitleTrack& track,
                        const CopyWatch& watch = {});

}  // namespace attune::media
