#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/time.h"
#include "media/demuxer.h"
#include "media/hls_playlist.h"
#include "media/hls_start.h"
#include "media/ts_writer.h"

namespace attune::media {

struct HlsSegmenterOptions {
  /// Exists.
  std::filesystem::path folder;
  /// Of the first segment; names its file.
  std::int64_t first_number = 0;
  /// The first segment does not follow what was there before.
  bool continues = false;
  Duration target = std::chrono::seconds(2);
  /// A segment that has found no place to be cut at is cut nevertheless.
  Duration longest = std::chrono::seconds(12);
  /// What the feed is expected to have (HlsStart).
  bool audio = true;
  bool video = true;
};

/// A segment that lies in its file, whole.
struct HlsSegment {
  std::int64_t number = 0;
  /// Without folder and ".ts".
  std::string stem;
  /// On the feed's clock; one ends where the next begins, but at discontinuities.
  TimeSpan span{};
  std::int64_t bytes = 0;
  bool is_discontinuity = false;
  /// Cut before a picture that stands alone, or where sound alone may be cut: not by force, nor by
  /// the end of a stretch.
  bool is_whole = false;
  std::shared_ptr<const HlsVariant> variant;
};

/// "segment-00000012" for 12.
std::string hls_stem(std::int64_t number);

/// Cuts a feed into MPEG-TS segments for HLS, without encoding anything (TsWriter).
///
/// A segment ends before the first picture that stands alone once it is about as long as the target
/// (nine tenths are enough); without pictures before the first sound then. A stretch of the feed,
/// from one discontinuity to the next, begins with such a picture; what comes before it is dropped
/// (HlsStart). A stream that changes begins a new stretch by itself; one that begins late, with the
/// next key picture.
///
/// A stream that has no place in HLS is left out, and one that browsers do not play is kept; both
/// are said once, in the log. Memory: that of HlsStart. Not thread-safe.
///
/// All functions that write throw Error(kOutput), naming the file: a full disk, a missing folder.
/// The segment under way is lost then: call abandon(), and go on.
class HlsSegmenter {
 public:
  /// `done` is called with each segment, from within the functions below.
  HlsSegmenter(HlsSegmenterOptions options, std::function<void(HlsSegment)> done);
  /// Removes the segment under way.
  ~HlsSegmenter();
  HlsSegmenter(const HlsSegmenter&) = delete;
  HlsSegmenter& operator=(const HlsSegmenter&) = delete;

  /// Packets of one stream come in decoding order, their times (`span`) on the feed's clock. Of
  /// `packet.data` only the difference of its two times is looked at.
  void take(const MediaPacket& packet, const std::shared_ptr<const StreamInfo>& stream);
  /// What follows does not follow what came. Ends the segment under way; also at the end.
  void end_stretch();
  /// As end_stretch(), but what is under way is thrown away.
  void abandon();

  void set_longest(Duration longest) { options_.longest = longest; }
  /// Damaged packets, which were left out.
  std::int64_t packets_left_out() const { return packets_left_out_; }

 private:
  struct Stretch;

  bool takes(const StreamInfo& stream);
  void begin_stretch();
  void change_stretch();
  void finish_stretch();
  void write(const MediaPacket& packet);
  void begin_segment(Timestamp start);
  void end_segment(Timestamp end, bool is_whole);

  HlsSegmenterOptions options_;
  std::function<void(HlsSegment)> done_;
  HlsStart start_;
  std::unique_ptr<Stretch> stretch_;
  /// `start_` holds packets of a stream that the stretch does not have.
  bool has_late_stream_ = false;
  std::int64_t next_number_;
  bool next_is_discontinuity_;
  std::int64_t packets_left_out_ = 0;
  /// Codecs, and other things, that were spoken of.
  std::set<std::string> said_;
};

}  // namespace attune::media
