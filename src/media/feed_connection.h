#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/time.h"
#include "media/av.h"
#include "media/live_input.h"
#include "media/live_source.h"
#include "media/media_info.h"

namespace attune::media {

/// What is remembered of a source from one connection to the next.
struct SourceMemory {
  /// Last segment of the playlist when it was last looked at.
  std::string last_segment;
  /// The last connection ended because nothing new came.
  bool was_stalled = false;
  /// There was a connection before.
  bool was_connected = false;
};

/// A source leads to what must not be opened: trying again is of no use.
class Refusal : public Error {
 public:
  explicit Refusal(const std::string& message) : Error(ErrorKind::kInput, message) {}
};

/// One connection to a live source: opened with FFmpeg, watched for silence, for addresses that it
/// must not lead to, and for streams that change. Not thread-safe; `stop`, which must live as long,
/// may be set by any thread and ends every call within a second.
class FeedConnection {
 public:
  struct Reading {
    enum class Kind {
      kPacket,
      /// The streams are other ones now; `info()` has them.
      kChanged,
      /// The streams are other ones, and only a new connection tells what they are.
      kReopen,
      /// The source has ended, or was stopped.
      kEnd,
    };
    Kind kind = Kind::kEnd;
    PacketHandle packet;
    std::shared_ptr<const StreamInfo> stream;
    /// Bits after which the stream's counter begins anew.
    int wrap_bits = 64;
  };

  /// Throws Error(kInput), a sentence that says what to do, when there is no connection; Refusal;
  /// Error(kStopped).
  FeedConnection(const LiveSource& source, const LiveInputOptions& options,
                 const std::atomic<bool>& stop, SourceMemory& memory);
  ~FeedConnection();
  FeedConnection(const FeedConnection&) = delete;
  FeedConnection& operator=(const FeedConnection&) = delete;

  const std::shared_ptr<const MediaInfo>& info() const { return info_; }
  /// Streams that packets come from, sound first.
  std::vector<std::shared_ptr<const StreamInfo>> streams() const;

  /// Throws as the constructor when the connection is lost.
  Reading read();

  /// How long ago the first packets came: FFmpeg holds them back while it looks for the streams.
  Duration held_for() const { return held_for_; }
  int read_errors() const { return read_errors_; }
  /// A recording rather than a feed: its end is known, and it comes as fast as it is read.
  bool is_recording() const;
  /// Longest piece that the source gives at once; zero when it gives packet by packet.
  Duration burst() const { return burst_; }

 private:
  struct Link;

  void open();
  void open_format();
  void find_streams();
  void look_at_playlist();
  void choose_streams();
  void keep_streams();
  void fill_streams();
  void note_read_error(int code);
  [[noreturn]] void throw_lost(int code);
  bool has_changed(const AVPacket& packet);
  bool carries_other_streams();
  bool has_ended(int code);
  std::optional<Reading> take(PacketHandle packet);
  Reading take_other_stream(int index, StreamKind kind);
  Reading changed_or_reopen(bool parameters_are_known);
  bool may_reopen() const;

  const LiveSource& source_;
  const LiveInputOptions& options_;
  SourceMemory& memory_;
  std::shared_ptr<const MediaInfo> info_;
  std::shared_ptr<const StreamInfo> audio_;
  std::shared_ptr<const StreamInfo> video_;
  Duration burst_{};
  Duration held_for_{};
  int table_changes_ = 0;
  int read_errors_ = 0;
  int read_errors_in_a_row_ = 0;
  /// A packet that waits until its reader knows of the changed streams.
  PacketHandle waiting_;
  std::unique_ptr<Link> link_;
};

}  // namespace attune::media
