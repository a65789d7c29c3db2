#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/time.h"
#include "media/av.h"
#include "media/descriptor_stream.h"
#include "media/live_input.h"
#include "media/live_source.h"
#include "media/protocol_guard.h"
#include "media/tapped_stream.h"
#include "media/ts_tables.h"

struct AVDictionary;
struct AVIOContext;

namespace attune::media {

/// FFmpeg's side of a connection to a live source: its context, its callbacks, and the options that
/// it is opened with. At an address that does not change. Not thread-safe but for `stop`.
class FeedLink {
 public:
  FeedLink(const LiveSource& source, const LiveInputOptions& options,
           const std::atomic<bool>& stop);
  ~FeedLink() { format.reset(); }
  FeedLink(const FeedLink&) = delete;
  FeedLink& operator=(const FeedLink&) = delete;

  /// Opens the source; FFmpeg's code when that fails.
  int open();

  /// Reads an address as text, up to a megabyte, into playlist_text(). FFmpeg's code when that
  /// fails, also when it is refused.
  int read_playlist(const std::string& address);
  const std::string& playlist_text() const { return playlist_text_; }
  /// Where it was found in the end, after redirections.
  const std::string& playlist_address() const { return playlist_address_; }

  /// Notes why an address that the source leads to must not be opened.
  void check(const std::string& address);
  /// Why the source is refused; empty when it is not.
  const std::string& refused() const { return refused_; }

  /// How long silence is borne from now on.
  void set_patience(Duration patience);
  Duration patience() const { return patience_; }
  void start_waiting() { deadline_ = Clock::now() + patience_; }
  /// Bears silence without end until something comes.
  void wait_for_caller() { waits_for_caller_ = true; }

  /// Whether bytes that come count as a sign of life, as they do while FFmpeg looks for the
  /// streams.
  void watch_bytes(bool on) { watches_bytes_ = on; }

  bool stopped() const { return stop_.load(std::memory_order_relaxed); }
  /// Silence was borne too long; stays so until the next set_patience().
  bool timed_out() const { return gave_up_ || (!waits_for_caller_ && Clock::now() > deadline_); }
  bool goes_by_proxy() const;

  /// What the transport stream says it carries, of those sources whose bytes pass through here.
  const TsTables& tables() const { return tables_; }

  static int should_interrupt(void* self);

 private:
  using Clock = std::chrono::steady_clock;
  using OpenFunction = int (*)(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**);

  static int open_nested(AVFormatContext* format, AVIOContext** io, const char* url, int flags,
                         AVDictionary** options);
  std::map<std::string, std::string> all_options() const;
  /// Where a connection of HTTP has been led to; empty when that is not known.
  static std::string location_of(AVIOContext* io);

  const LiveSource& source_;
  const LiveInputOptions& options_;
  const std::atomic<bool>& stop_;
  ProtocolGuard guard_;
  Duration patience_{};
  Clock::time_point deadline_{};
  bool waits_for_caller_ = false;
  bool gave_up_ = false;
  bool watches_bytes_ = false;
  std::int64_t position_ = 0;
  std::string refused_;
  std::string playlist_text_;
  std::string playlist_address_;
  OpenFunction open_default_ = nullptr;
  int open_bytes(AVDictionary** options);

  TsTables tables_;
  std::unique_ptr<DescriptorStream> pipe_;
  std::unique_ptr<TappedStream> tapped_;

 public:
  /// Null before open(). Last member: closing it may call back into the ones above.
  FormatContext format;
};

}  // namespace attune::media
