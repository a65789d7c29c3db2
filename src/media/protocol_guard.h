#pragma once

#include <string>
#include <string_view>

#include "media/live_source.h"

namespace attune::media {

/// FFmpeg's protocols that a feed of this scheme may use, with commas; empty: no scheme of feeds.
std::string_view feed_protocols(std::string_view scheme);

/// "http, https, rtmp, ..."
std::string known_feed_schemes();

/// What a feed's source may lead to: a playlist, or an answer of a server, may name further
/// addresses, which are the sender's choice and not the operator's. Without it a playlist could
/// have this machine read its own files, or ask servers that only it can reach. Immutable.
class ProtocolGuard {
 public:
  explicit ProtocolGuard(const LiveSource& source, bool allow_other_hosts = false);

  /// For FFmpeg's options protocol_whitelist and format_whitelist; empty: any.
  const std::string& protocols() const { return protocols_; }
  const std::string& formats() const { return formats_; }

  /// Why an address that the source has led to must not be opened, as the end of a sentence, with
  /// the address without secrets; empty when it may. A relative one is on the source's own host.
  std::string refusal(const std::string& address) const;

 private:
  std::string refuse_host(const std::string& address, const std::string& shown) const;

  LiveSource source_;
  bool allow_other_hosts_;
  std::string protocols_;
  std::string formats_;
};

}  // namespace attune::media
