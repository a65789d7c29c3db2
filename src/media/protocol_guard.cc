#include "media/protocol_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "core/redact.h"
#include "media/libav.h"

namespace attune::media {
namespace {

struct Scheme {
  std::string_view name;
  std::string_view protocols;
};

constexpr std::array<Scheme, 14> kSchemes = {{
    {"http", "http,https,httpproxy,tcp,tls,crypto,hls"},
    {"https", "http,https,httpproxy,tcp,tls,crypto,hls"},
    {"rtmp", "rtmp,tcp"},
    {"rtmps", "rtmps,tls,tcp"},
    {"rtmpt", "rtmpt,ffrtmphttp,http,httpproxy,tcp"},
    {"rtmpts", "rtmpts,ffrtmphttp,https,http,httpproxy,tls,tcp"},
    {"rtp", "rtp,srtp,udp"},
    {"rtsp", "rtp,srtp,udp,tcp,http,httpproxy"},
    {"rtsps", "rtp,srtp,udp,tcp,tls,http,https,httpproxy"},
    {"srt", "srt"},
    {"srtp", "srtp,rtp,udp"},
    {"tcp", "tcp"},
    {"tls", "tls,tcp"},
    {"udp", "udp"},
}};

/// Containers that feeds come in. Not among them: those that name further files (concat, DASH, IMF)
/// and text that FFmpeg would draw.
constexpr const char* kFormats =
    "mpegts,flv,live_flv,mov,matroska,rtsp,sdp,rtp,aac,latm,loas,mp3,ac3,eac3,ogg,wav,aiff,au,caf,"
    "flac,h264,hevc,m4v,mpegvideo,mpeg,mjpeg,mpjpeg,nut,asf,avi,gxf,mxf,ivf,obu,av1,webvtt";

/// Scheme of an address, in small letters; empty for a relative one or a path.
std::string scheme_of(const std::string& address) {
  const std::size_t end = address.find_first_of(":/?#");
  if (end == std::string::npos || address[end] != ':' || end == 0) return {};
  std::string scheme = address.substr(0, end);
  std::ranges::transform(scheme, scheme.begin(), [](unsigned char c) { return std::tolower(c); });
  return scheme;
}

bool is_listed(std::string_view name, std::string_view list) {
  return av_match_list(std::string(name).c_str(), std::string(list).c_str(), ',') > 0;
}

/// FFmpeg's ways to say that a segment is encrypted: "crypto+http://...", "crypto:http://...".
std::string without_crypto(const std::string& address) {
  for (const std::string_view prefix : {"crypto+", "crypto:"})
    if (address.starts_with(prefix)) return address.substr(prefix.size());
  return address;
}

}  // namespace

std::string_view feed_protocols(std::string_view scheme) {
  const auto it = std::ranges::find(kSchemes, scheme, &Scheme::name);
  return it == kSchemes.end() ? std::string_view{} : it->protocols;
}

std::string known_feed_schemes() {
  std::string list;
  for (const Scheme& scheme : kSchemes)
    list += (list.empty() ? "" : ", ") + std::string(scheme.name);
  return list;
}

ProtocolGuard::ProtocolGuard(const LiveSource& source, bool allow_other_hosts)
    : source_(source), allow_other_hosts_(allow_other_hosts) {
  switch (source.kind) {
    case LiveSource::Kind::kAddress:
      protocols_ = feed_protocols(source.scheme);
      formats_ = kFormats;
      if (source.is_http()) formats_ += ",hls";
      break;
    case LiveSource::Kind::kFile:
      // A session description names where the datagrams come in.
      protocols_ = source.location.ends_with(".sdp") ? "file,rtp,srtp,udp" : "file,crypto";
      formats_ = std::string(kFormats) + ",hls";
      break;
    case LiveSource::Kind::kPipe:
      protocols_ = "pipe";
      formats_ = kFormats;
      break;
    case LiveSource::Kind::kDevice:
      // A graph of filters reads what its author names.
      break;
  }
}

std::string ProtocolGuard::refusal(const std::string& given) const {
  if (source_.kind == LiveSource::Kind::kDevice) return {};
  const std::string address = without_crypto(given);
  const std::string shown = redacted(address);
  const std::string scheme = scheme_of(address);
  if (scheme.empty()) {
    // "//host/path" has the scheme of the playlist.
    return address.starts_with("//") ? refuse_host(source_.scheme + ":" + address, shown) : "";
  }
  if (scheme == "file" && source_.kind != LiveSource::Kind::kFile)
    return "leads to the local file " + shown + ", which a feed must not";
  if (!is_listed(scheme, protocols_)) {
    return fmt::format(
        "leads to {}, and \"{}\" is not among the protocols that it may lead to ({})", shown,
        scheme, protocols_);
  }
  return refuse_host(address, shown);
}

std::string ProtocolGuard::refuse_host(const std::string& address, const std::string& shown) const {
  if (!source_.is_http() || allow_other_hosts_) return {};
  std::array<char, 256> host{};
  int port = -1;
  av_url_split(nullptr, 0, nullptr, 0, host.data(), host.size(), &port, nullptr, 0,
               address.c_str());
  std::string name = host.data();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool is_usual = port == -1 || port == 80 || port == 443;
  if (name == source_.host && (port == source_.port || is_usual)) return {};
  return fmt::format(
      "leads to another server, {}; set other_hosts when that is meant, or name that address",
      shown);
}

}  // namespace attune::media
