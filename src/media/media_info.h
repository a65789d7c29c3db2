#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "media/av.h"

struct AVCodecParameters;

namespace attune::media {

enum class StreamKind { kAudio, kVideo, kOther };

/// What a container says about one of its streams. Holds all that a decoder needs, so that a
/// decoder may outlive the demuxer. Immutable once made; copies share the codec parameters.
struct StreamInfo {
  /// The file or address that it belongs to, for messages.
  std::string location;
  int index = 0;
  StreamKind kind = StreamKind::kOther;
  /// FFmpeg's name: "h264", "aac".
  std::string codec;
  /// As the container writes it: "eng", "de"; empty when it does not say.
  std::string language;
  std::string title;
  bool is_default = false;
  /// Cover art and thumbnails: never taken as the picture of a recording.
  bool is_still_picture = false;
  /// The installed FFmpeg has a decoder for it.
  bool is_decodable = false;
  std::optional<Timestamp> start_time;
  std::optional<Duration> duration;
  Ratio time_base{1, 1000};
  std::shared_ptr<const AVCodecParameters> parameters;

  int channels = 0;
  /// "mono", "stereo", "5.1(side)".
  std::string channel_layout;
  int sample_rate_hz = 0;

  /// Size as stored, before rotation and pixel aspect.
  int stored_width = 0;
  int stored_height = 0;
  /// Size in square, upright pixels: what a player would show.
  int width = 0;
  int height = 0;
  /// Average; unknown or meaningless with variable frame rate.
  Ratio frame_rate;
  /// Width to height of a stored pixel; unknown means square.
  Ratio pixel_aspect;
  /// Clockwise rotation that the stored picture needs: 0, 90, 180 or 270.
  int rotation_degrees = 0;
  /// Whether the stored picture is also to be mirrored left-right, before it is rotated.
  bool is_mirrored = false;
};

/// What is known of an opened input.
struct MediaInfo {
  std::string location;
  /// FFmpeg's short name of the container: "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts".
  std::string container;
  /// Unknown for live inputs and some raw streams.
  std::optional<Duration> duration;
  /// Earliest presentation time of any stream; players show it as zero. Zero when unknown.
  Timestamp start_time{};
  std::vector<StreamInfo> streams;
  /// The streams that were taken, as positions in `streams`; none for what is absent or refused.
  std::optional<std::size_t> audio_stream;
  std::optional<std::size_t> video_stream;
  /// For a person: "audio track 1 of 2 (eng, aac, 5.1, 48 kHz), marked as default", or why none.
  std::string audio_choice;
  /// "video 1280x720 (h264, 25 frames/s)", or why there is none.
  std::string video_choice;

  /// The stream that was taken; null when there is none.
  const StreamInfo* audio() const { return audio_stream ? &streams[*audio_stream] : nullptr; }
  const StreamInfo* video() const { return video_stream ? &streams[*video_stream] : nullptr; }
};

}  // namespace attune::media
