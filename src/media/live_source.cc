#include "media/live_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "core/error.h"
#include "core/redact.h"
#include "media/capture_devices.h"
#include "media/input_check.h"
#include "media/libav.h"
#include "media/protocol_guard.h"

namespace attune::media {
namespace {

namespace fs = std::filesystem;

/// Bytes and time after which FFmpeg stops looking for the streams' parameters. H.264 and AAC need
/// one key frame; two seconds hold one of nearly every feed.
constexpr const char* kProbeBytes = "2000000";
constexpr const char* kProbeMicroseconds = "2000000";
/// FFmpeg would else wait for some 20 pictures to measure their rate.
constexpr const char* kProbePictures = "3";

[[noreturn]] void throw_usage(const std::string& message) {
  throw Error(ErrorKind::kUsage, message);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Whether the address or the person's options ask FFmpeg to wait for a caller.
bool listens(const LiveSource& source, const std::map<std::string, std::string>& options) {
  const auto asks = [&](const std::string& key, const std::string& value) {
    const auto it = options.find(key);
    return (it != options.end() && it->second.starts_with(value)) ||
           source.url.find("?" + key + "=" + value) != std::string::npos ||
           source.url.find("&" + key + "=" + value) != std::string::npos;
  };
  return asks("listen", "1") || asks("listen", "2") || asks("rtmp_listen", "1") ||
         asks("mode", "listener") || asks("mode", "2") || asks("rtsp_flags", "listen");
}

void fill_address(LiveSource& source, const std::map<std::string, std::string>& options) {
  const std::size_t colon = source.location.find("://");
  source.scheme = lower(source.location.substr(0, colon));
  if (feed_protocols(source.scheme).empty()) {
    throw_usage(fmt::format("{}: \"{}\" is no protocol of feeds; known are {}", source.shown,
                            source.scheme, known_feed_schemes()));
  }
  std::array<char, 256> host{};
  av_url_split(nullptr, 0, nullptr, 0, host.data(), host.size(), &source.port, nullptr, 0,
               source.location.c_str());
  source.host = lower(host.data());
  source.url = source.scheme + source.location.substr(colon);
  const bool receives = source.scheme == "udp" || source.scheme == "rtp" || source.scheme == "srtp";
  source.is_passive = receives || listens(source, options);
  if (source.host.empty() && !source.is_passive)
    throw_usage(source.shown + " names no host; write " + source.scheme + "://HOST/...");
}

void fill_file(LiveSource& source) {
  std::error_code error;
  const fs::file_status status = fs::status(source.location, error);
  if (status.type() == fs::file_type::character || status.type() == fs::file_type::block)
    throw_usage(source.shown + " is a device; write its kind in front, as in v4l2:/dev/video0");
  if (status.type() == fs::file_type::fifo) {
    source.kind = LiveSource::Kind::kPipe;
    return;
  }
  try {
    check_local_file(source.location);
  } catch (const Error& problem) {
    // One that is still empty may grow.
    if (fs::is_regular_file(status) && fs::file_size(source.location, error) == 0) return;
    throw_usage(problem.what());
  }
}

void fill_pipe(LiveSource& source) {
  source.descriptor = 0;
  if (source.location == "-") return;
  const std::string number = source.location.substr(source.location.find(':') + 1);
  if (number.empty()) return;
  const auto [end, code] =
      std::from_chars(number.data(), number.data() + number.size(), source.descriptor);
  if (code != std::errc() || end != number.data() + number.size() || source.descriptor < 0)
    throw_usage(source.shown + " is no pipe; write pipe:0, or - for the standard input");
}

void add_protocol_options(LiveSource& source) {
  auto& options = source.default_options;
  const std::string& scheme = source.scheme;
  // Over UDP a camera behind a router is not heard, and lost packets are not sent again.
  if (scheme == "rtsp" || scheme == "rtsps") options["rtsp_transport"] = "tcp";
  if (scheme == "udp" || scheme == "rtp") {
    // A burst is no reason to give a feed up.
    options["overrun_nonfatal"] = "1";
    options["fifo_size"] = "50000";
  }
  if (source.is_http()) {
    // The newest segment. One connection for each, since a connection that is kept follows
    // redirections without asking.
    options["live_start_index"] = "-1";
    options["http_persistent"] = "0";
    // Whether a playlist that stands still is given up is decided here.
    options["max_reload"] = "100000";
    options["m3u8_hold_counters"] = "100000";
  }
  if (scheme == "https" || scheme == "rtmps" || scheme == "rtmpts" || scheme == "tls" ||
      source.is_http())
    options["tls_verify"] = "1";
}

}  // namespace

LiveSource read_live_source(const std::string& location,
                            const std::map<std::string, std::string>& format_options) {
  if (location.empty()) throw_usage("the source of the feed is empty; name an address or a file");
  LiveSource source;
  source.location = location;
  source.shown = redacted(location);
  source.url = location;
  source.default_options = {{"probesize", kProbeBytes},
                            {"analyzeduration", kProbeMicroseconds},
                            {"fpsprobesize", kProbePictures}};
  const std::size_t colon = location.find(':');
  std::error_code ignored;
  const bool exists = fs::exists(location, ignored);
  if (!exists && colon != std::string::npos && location.compare(colon, 3, "://") != 0 &&
      is_device_format(location.substr(0, colon))) {
    source.kind = LiveSource::Kind::kDevice;
    source.device_format = location.substr(0, colon);
    source.url = location.substr(colon + 1);
  } else if (is_address(location)) {
    const bool is_pipe = location.find("://") == std::string::npos;
    source.kind = is_pipe ? LiveSource::Kind::kPipe : LiveSource::Kind::kAddress;
    is_pipe ? fill_pipe(source) : fill_address(source, format_options);
  } else {
    source.kind = LiveSource::Kind::kFile;
    // A file name may hold a colon, which would read as a protocol.
    source.url = "file:" + location;
    fill_file(source);
  }
  add_protocol_options(source);
  return source;
}

}  // namespace attune::media
