#pragma once

#include <map>
#include <string>

namespace attune::media {

/// Where a live feed comes from, as written by a person and as FFmpeg takes it.
struct LiveSource {
  enum class Kind {
    /// "rtsp://camera/1"
    kAddress,
    kFile,
    /// "-", "pipe:3", or a named pipe in the file system.
    kPipe,
    /// "v4l2:/dev/video0", "alsa:default", "lavfi:testsrc": FORMAT:DEVICE of libavdevice.
    kDevice,
  };

  Kind kind = Kind::kAddress;
  /// As given; may hold secrets.
  std::string location;
  /// For messages: without secrets.
  std::string shown;
  /// What FFmpeg is to open.
  std::string url;
  /// Of an address, in small letters: "rtsp".
  std::string scheme;
  std::string host;
  int port = -1;
  /// Of a device: FFmpeg's name of its format.
  std::string device_format;
  /// Of a pipe without a name.
  int descriptor = -1;
  /// It waits for a sender rather than asking one: datagrams, and listening sockets.
  bool is_passive = false;
  /// What FFmpeg is told where the person says nothing else.
  std::map<std::string, std::string> default_options;

  bool is_http() const { return scheme == "http" || scheme == "https"; }
  /// A protocol that carries bytes and knows nothing of what they are.
  bool is_bytes() const {
    return scheme == "udp" || scheme == "srt" || scheme == "tcp" || scheme == "tls";
  }
  /// Gives as much as is read, at any time, so that it needs a pace.
  bool is_unpaced() const { return kind == Kind::kFile || device_format == "lavfi"; }
};

/// Takes a location apart. `format_options` are the person's: they may ask to listen.
/// Throws Error(kUsage) for what can never be opened: an unknown scheme, an address without a host,
/// a file that is missing, a folder or not permitted.
LiveSource read_live_source(const std::string& location,
                            const std::map<std::string, std::string>& format_options = {});

}  // namespace attune::media
