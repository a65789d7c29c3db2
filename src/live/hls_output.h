#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "captions/caption.h"
#include "core/error.h"
#include "core/time.h"
#include "live/counted_output.h"
#include "live/hls_captions.h"
#include "live/hls_folder.h"
#include "media/hls_playlist.h"
#include "media/hls_segmenter.h"

namespace attune::live {

struct HlsOptions {
  /// Created where it is missing; HlsFolder says what is in it.
  std::filesystem::path folder;
  /// Segments are about so long, as the source's key pictures allow.
  Duration segment = std::chrono::seconds(2);
  /// How many segments the playlists list; files stay for as long again.
  std::size_t window = 6;
  /// Nothing is removed, and an earlier run's segments are gone on with: a recording
  /// (EXT-X-PLAYLIST-TYPE:EVENT).
  bool keep_all = false;
  /// Whether there is a rendition of subtitles.
  bool captions = true;
  /// Of the captions, BCP 47; empty: not said.
  std::string language;
  /// How players name the captions.
  std::string caption_name = "Captions";
  /// How long after its last sample a segment is published.
  Duration caption_delay = std::chrono::seconds(2);
  /// Time of day at zero of the feed's clock.
  std::chrono::system_clock::time_point wall_start;
  /// What the feed is expected to have; waited for at most a second of media, for
  /// pictures ten.
  bool audio = true;
  bool video = true;
};

/// What an output has done so far.
struct HlsStatus {
  std::int64_t segments = 0;
  std::int64_t captions = 0;
  /// Captions that came after their segment was published; they are in a later one.
  std::int64_t late_captions = 0;
  std::int64_t dropped_captions = 0;
  /// Damaged packets.
  std::int64_t packets_left_out = 0;
  /// Times that something could not be written, and what the last one was; empty once it goes well.
  std::int64_t failures = 0;
  std::string problem;
};

/// A feed as HLS (RFC 8216): its packets in MPEG-TS segments as they are (media::HlsSegmenter), its
/// captions in WebVTT segments beside them (HlsCaptions), two media playlists with the same numbers
/// and lengths, and a master playlist that joins them. All playlists are replaced by renaming.
///
/// Captions come up to ten seconds after their sound, and a player takes a WebVTT segment once. So
/// a segment is published, in both renditions, when the feed has gone on for `caption_delay` after
/// its end: its captions are then there. Until then it waits on disk. Viewers are later by as much.
/// A caption that is later still goes into the next segment to be published, and is counted. Where
/// captions and packets come merged in order of time, no delay is needed.
///
/// EXT-X-TARGETDURATION is settled with the first segments, from how far apart the source's key
/// pictures are, with a quarter to spare; a segment that grows longer is cut without one. Only a
/// single picture that stands longer than that, or a new start, can raise it.
///
/// A discontinuity begins a new segment with EXT-X-DISCONTINUITY, and so does a start in the folder
/// of an earlier run, whose media sequence goes on. A segment leaves the list when there are more
/// than `window` (but three target durations stay), and its files go when a player that has read
/// the longest playlist can have played it (6.2.2).
///
/// What cannot be written (a full disk) is logged, once, and lost; a second of the feed later the
/// next try begins, with a discontinuity. Nothing but the constructor throws for it. The functions
/// write files and wait for nothing else. Memory: that of the parts; segments are on disk, and as
/// many as caption_delay asks for, at most 256, are known and not published. Not thread-safe,
/// but for output_counts().
class HlsOutput final : public CountedOutput {
 public:
  /// Throws Error(kOutput) when the folder cannot be used.
  explicit HlsOutput(HlsOptions options);
  /// Without finish(): the playlists stay as they are, for a later run to go on with.
  ~HlsOutput() override;

  /// Packets of one stream come in decoding order, on the feed's clock.
  void take(const media::MediaPacket& packet,
            const std::shared_ptr<const media::StreamInfo>& stream);
  /// A final caption, on the feed's clock.
  void take(captions::Caption caption);
  /// What follows, from `time` of the feed's clock on, does not follow what came before.
  void discontinuity(Timestamp time);
  /// The feed's clock has come to `now`, whether or not there are packets.
  void advance(Timestamp now);
  /// The feed is over: publishes what is left, and ends the playlists (EXT-X-ENDLIST). If packets
  /// come nevertheless, the playlists go on.
  void finish();

  HlsStatus status() const;
  /// Segments, captions and packets left out, failures; as of the last that was published.
  OutputCounts output_counts() const override { return told_.counts(); }
  /// As finish().
  void retire() override { finish(); }

 private:
  struct Retired {
    std::string stem;
    /// Length of all that was published when it may go.
    Duration until{};
  };

  /// Run what may fail for want of disk: cutting, and publishing.
  void cut(const std::function<void()>& write);
  void publish_due();
  void try_to_publish();
  void note_failure(const Error& error);
  void tell_counts();
  void publish(const media::HlsSegment& segment);
  void settle_target();
  void trim_window();
  void remove_retired();
  void write_playlists();
  void write_master();

  HlsOptions options_;
  HlsFolder folder_;
  media::HlsMediaPlaylist playlist_;
  HlsCaptions captions_;
  media::HlsMaster master_;
  /// As last written.
  std::int64_t written_peak_ = 0;
  media::HlsVariant written_variant_;
  /// Not published yet.
  std::deque<media::HlsSegment> pending_;
  /// Captions of the first of them, where they could not be written.
  std::optional<std::string> unwritten_captions_;
  std::deque<Retired> retired_;
  media::HlsSegmenter segmenter_;
  Timestamp now_ = Timestamp::min();
  /// Nothing is tried before, after a failure.
  Timestamp next_try_ = Timestamp::min();
  bool target_is_settled_ = false;
  bool is_over_ = false;
  Duration listed_{};
  Duration longest_list_{};
  Duration published_{};
  std::int64_t published_bytes_ = 0;
  HlsStatus status_;
  ToldCounts told_{"hls"};
};

}  // namespace attune::live
