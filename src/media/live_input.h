#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "media/demuxer.h"
#include "media/media_info.h"

namespace attune::media {

struct LiveInputOptions {
  /// As DemuxOptions.
  std::string audio_track = "auto";
  bool video = true;
  std::map<std::string, std::string> format_options = {};
  /// A source that sends nothing for so long is closed and connected to anew; also while it is
  /// being opened.
  Duration stall_timeout = std::chrono::seconds(5);
  /// Delays between tries (core/backoff.h).
  Duration first_delay = std::chrono::milliseconds(500);
  Duration longest_delay = std::chrono::seconds(30);
  /// False: the end of the source is the end of the feed, as with a file that is played.
  bool reconnect = true;
  /// A local file that does not grow any more for this long has ended; until then its end is
  /// waited at.
  Duration growing_timeout = std::chrono::seconds(10);
  /// Packets that nobody has taken yet: beyond either, pictures are dropped up to the next one that
  /// stands alone; sound only beyond four times as much.
  Duration longest_backlog = std::chrono::seconds(10);
  std::size_t most_backlog_bytes = std::size_t{64} << 20;
  /// Whether an HLS playlist may lead to other servers than its own.
  bool allow_other_hosts = false;
  /// A file, or a recording on a web server, is read at so many times its own speed. Zero: as fast
  /// as its packets are taken, of which then none is dropped.
  double recording_speed = 1;
  /// Zero of the feed's clock; nothing: when the object is made.
  std::optional<std::chrono::steady_clock::time_point> epoch = {};
};

enum class InputState { kConnecting, kRunning, kWaiting, kEnded };

/// "connecting", "running", "waiting", "ended".
std::string_view name(InputState state);

/// What a feed's source has been through so far.
struct InputStatus {
  InputState state = InputState::kConnecting;
  /// Why it is not running, in a sentence, without secrets; empty when all is well.
  std::string problem;
  std::int64_t connections = 0;
  /// Breaks of the feed's clock: new connections, jumps of the source's clock, changed streams.
  std::int64_t discontinuities = 0;
  std::int64_t packets = 0;
  std::int64_t bytes = 0;
  /// Pictures and pieces of sound dropped because nobody took them in time.
  std::int64_t pictures_dropped = 0;
  std::int64_t sound_dropped = 0;
  /// Packets that arrived damaged or could not be read.
  std::int64_t read_errors = 0;
  /// Packets waiting to be taken.
  Duration backlog{};
  /// How much faster the source's clock runs than this machine's, in parts per million; nothing
  /// before a minute of one connection.
  std::optional<double> drift_ppm;
  /// Time since the last packet.
  Duration silence{};
};

/// What comes out of a feed's source.
struct LiveItem {
  enum class Kind {
    kPacket,
    /// What comes from here on does not follow what came before: decoders and all that remember
    /// begin anew. Every later packet starts at or after `time`, every earlier one ended before.
    kDiscontinuity,
    /// The feed is over.
    kEnd,
  };
  Kind kind = Kind::kPacket;
  /// On the feed's clock.
  Timestamp time{};
  MediaPacket packet;
  /// Of the packet's stream. Another object where its parameters have changed.
  std::shared_ptr<const StreamInfo> stream;
};

/// A live source that is read on a thread of its own, connected to again when it is lost, and put
/// on one clock that never goes back.
///
/// The feed's clock begins at zero at its epoch and runs with this machine's steady clock: after
/// every discontinuity the source's times are anchored anew so that its first packet lies at the
/// time of its arrival, rounded up to a token (core/time.h), or, of a recording that is read as
/// fast as it is taken, where the clock has come to by its media, from zero. In between, the
/// differences of the source's own times hold; a counter that wraps (33 bits) goes on.
///
/// What can go wrong and what then happens, each logged once and counted:
///
///  - refused, unknown host, wrong credentials, TLS failure, gone, half-open, silent: tried again
///    with delays that double, with jitter;
///  - the streams' parameters, the chosen track or the clock change: a discontinuity;
///  - garbage: what FFmpeg can still read of it; 64 errors without a packet: connected anew.
///
/// Only protocols of feeds are opened (docs/live.md has the list); a playlist that leads to local
/// files, to another protocol or to another server is refused and never tried again.
///
/// Sources: addresses (rtsp, rtsps, rtmp, rtmps, rtmpt, rtmpts, srt, udp, rtp, srtp, tcp, tls,
/// http, https), "-" and "pipe:N", named pipes, files that grow or are played, and capture devices
/// as FORMAT:DEVICE of libavdevice ("v4l2:/dev/video0", "alsa:default", "pulse:default", and
/// "lavfi:GRAPH").
///
/// Memory: the backlog. All functions are thread-safe, but next() is for one thread at a time.
class LiveInput {
 public:
  /// Returns at once; the first connection is made by the thread. Throws Error(kUsage) for an
  /// address that can never be opened: unknown scheme, a missing file.
  explicit LiveInput(std::string location, LiveInputOptions options = {});
  ~LiveInput();
  LiveInput(const LiveInput&) = delete;
  LiveInput& operator=(const LiveInput&) = delete;

  /// The next item, waiting up to `wait` for it; nothing when none came. The first item is a
  /// discontinuity. After kEnd always kEnd. Throws Error(kInput), once and in place of the first
  /// kEnd, when the source was refused, or was never opened and is not tried again.
  std::optional<LiveItem> next(Duration wait);

  /// Makes the next item of next() a discontinuity, for a reader that begins anew on a feed that
  /// goes on. Pictures follow from one that stands alone.
  void resume();

  /// The streams of the current connection, else of the last; nothing before the first. The object
  /// changes with every connection.
  std::shared_ptr<const MediaInfo> info() const;

  InputStatus status() const;

  /// Now on the feed's clock.
  Timestamp now() const;
  /// When what lies at `t` of the feed's clock arrived here, on the feed's clock; nothing when that
  /// is not known. Of what is older than a minute: about when.
  std::optional<Timestamp> arrival(Timestamp t) const;

  /// Ends the feed: next() gives kEnd. Returns at once.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attune::media
