#include "live/hls_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "captions/cue_times.h"
#include "captions/webvtt.h"
#include "core/log.h"
#include "media/ts_writer.h"

namespace attune::live {
namespace {

constexpr std::size_t kMostCues = 4096;
constexpr std::int64_t kCounterBits = 33;

}  // namespace

std::string webvtt_segment_header(Timestamp start) {
  const Timestamp hour = std::chrono::floor<std::chrono::hours>(std::max(start, Timestamp::zero()));
  const std::int64_t counter = media::ts_ticks(hour) & ((std::int64_t{1} << kCounterBits) - 1);
  return fmt::format("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{},LOCAL:{}\n", counter,
                     captions::cue_time(hour, '.'));
}

void HlsCaptions::add(captions::Caption caption) {
  if (caption.span.start < written_to_) {
    ++late_;
    log()->debug("HLS: the caption at {} comes after its segment",
                 format_timestamp(caption.span.start));
  }
  const auto after = std::ranges::upper_bound(
      cues_, caption.span.start, {}, [](const Cue& cue) { return cue.caption.span.start; });
  cues_.insert(after, Cue{std::move(caption), next_identifier_++});
  if (cues_.size() <= kMostCues) return;
  if (!cues_.front().is_written) ++dropped_;
  cues_.pop_front();
}

std::string HlsCaptions::write_segment(const TimeSpan& span) {
  std::string text = webvtt_segment_header(span.start);
  for (Cue& cue : cues_) {
    if (cue.caption.span.start >= span.end) break;
    const bool is_seen_here = cue.caption.span.end > span.start;
    if (!is_seen_here && cue.is_written) continue;
    text += '\n' + captions::webvtt_cue(cue.caption, cue.identifier);
    cue.is_written = true;
  }
  std::erase_if(cues_,
                [&](const Cue& cue) { return cue.is_written && cue.caption.span.end <= span.end; });
  written_to_ = span.end;
  return text;
}

}  // namespace attune::live
