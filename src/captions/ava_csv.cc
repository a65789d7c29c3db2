#include "captions/ava_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "captions/utf8.h"

namespace attune::captions {
namespace {

/// Quoted where the value would break the row (RFC 4180).
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

double share(double value, int size) {
  return std::clamp(value / size, 0.0, 1.0);
}

}  // namespace

std::string write_ava_csv(const Result& result, AvaLabels labels) {
  std::string text =
      "video_id,frame_timestamp,entity_box_x1,entity_box_y1,entity_box_x2,entity_box_y2,label,"
      "entity_id,score\n";
  if (!result.media.video || result.media.video->width <= 0 || result.media.video->height <= 0) {
    return text;
  }
  const VideoInfo& video = *result.media.video;
  const std::string name = single_line(recording_name(result.media));
  for (const TrackRecord& track : result.tracks) {
    const std::string entity = csv_field(fmt::format("{}:{}", name, track.id));
    for (std::size_t i = 0; i < track.boxes.size() && i < track.speaking.size(); ++i) {
      const align::Box& box = track.boxes[i];
      const float logit = track.speaking[i];
      const bool speaks = labels == AvaLabels::kEvaluation || logit > 0;
      fmt::format_to(
          std::back_inserter(text), "{},{:.2f},{:.6f},{:.6f},{:.6f},{:.6f},{},{},{:.6f}\n",
          csv_field(name),
          to_seconds(result.tick_origin + token_time(track.first + static_cast<TokenIndex>(i))),
          share(box.x, video.width), share(box.y, video.height),
          share(box.x + box.width, video.width), share(box.y + box.height, video.height),
          speaks ? "SPEAKING_AUDIBLE" : "NOT_SPEAKING", entity,
          1 / (1 + std::exp(-static_cast<double>(logit))));
    }
  }
  return text;
}

}  // namespace attune::captions
