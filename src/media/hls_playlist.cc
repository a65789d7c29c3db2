#include "media/hls_playlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>
#include <vector>

namespace attune::media {
namespace {

using std::chrono::system_clock;

std::string date_text(system_clock::time_point time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::int64_t fraction = (ms % 1000 + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((ms - fraction) / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, fraction);
}

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [rest, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || rest != end || value < T{}) return std::nullopt;
  return value;
}

std::optional<system_clock::time_point> read_date(std::string_view text) {
  // 2026-01-02T03:04:05.678Z
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
  const bool fits =
      text.size() == kShape.size() && std::ranges::equal(text, kShape, [](char c, char shape) {
        return shape == 'd' ? c >= '0' && c <= '9' : c == shape;
      });
  if (!fits) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t size) {
    return *number<int>(text.substr(at, size));
  };
  std::tm utc{};
  utc.tm_year = part(0, 4) - 1900;
  utc.tm_mon = part(5, 2) - 1;
  utc.tm_mday = part(8, 2);
  utc.tm_hour = part(11, 2);
  utc.tm_min = part(14, 2);
  utc.tm_sec = part(17, 2);
  return system_clock::from_time_t(timegm(&utc)) + std::chrono::milliseconds(part(20, 3));
}

/// What an attribute in quotes may hold (RFC 8216, 4.2).
std::string quotable(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c == '"' || c < 0x20; });
  return text;
}

/// Reads the lines of one playlist into an HlsMediaPlaylist.
class PlaylistReader {
 public:
  /// False: not ours.
  bool take(std::string_view line) {
    if (line.empty()) return true;
    if (!line.starts_with('#')) return take_file(line);
    if (line == "#EXT-X-DISCONTINUITY") next_.is_discontinuity = true;
    if (line == "#EXT-X-ENDLIST") playlist_.has_ended = true;
    if (line == "#EXT-X-PLAYLIST-TYPE:EVENT") playlist_.is_event = true;
    return take_number(line, "#EXT-X-MEDIA-SEQUENCE:", playlist_.media_sequence) &&
           take_number(line, "#EXT-X-DISCONTINUITY-SEQUENCE:", playlist_.discontinuity_sequence) &&
           take_number(line, "#EXT-X-TARGETDURATION:", playlist_.target_seconds) &&
           take_date(line) && take_duration(line);
  }

  HlsMediaPlaylist finish() { return std::move(playlist_); }

 private:
  static bool take_number(std::string_view line, std::string_view tag, std::int64_t& value) {
    if (!line.starts_with(tag)) return true;
    const auto read = number<std::int64_t>(line.substr(tag.size()));
    value = read.value_or(0);
    return read.has_value();
  }

  bool take_date(std::string_view line) {
    constexpr std::string_view kTag = "#EXT-X-PROGRAM-DATE-TIME:";
    if (!line.starts_with(kTag)) return true;
    const auto date = read_date(line.substr(kTag.size()));
    next_.date = date.value_or(system_clock::time_point());
    return date.has_value();
  }

  bool take_duration(std::string_view line) {
    constexpr std::string_view kTag = "#EXTINF:";
    if (!line.starts_with(kTag)) return true;
    if (!line.ends_with(',')) return false;
    const auto seconds = number<double>(line.substr(kTag.size(), line.size() - kTag.size() - 1));
    if (!seconds || !(*seconds < 1e6)) return false;
    next_.duration = from_seconds(*seconds);
    return true;
  }

  bool take_file(std::string_view line) {
    const std::size_t dot = line.rfind('.');
    if (next_.duration <= Duration::zero() || dot == std::string_view::npos || dot == 0 ||
        line.find('/') != std::string_view::npos)
      return false;
    next_.stem = line.substr(0, dot);
    playlist_.entries.push_back(std::exchange(next_, HlsEntry{}));
    return true;
  }

  HlsMediaPlaylist playlist_;
  HlsEntry next_;
};

}  // namespace

std::string write_media_playlist(const HlsMediaPlaylist& playlist, std::string_view extension) {
  // Version 3: lengths that are no whole numbers.
  std::string text =
      fmt::format("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:{}\n", playlist.target_seconds);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "#EXT-X-MEDIA-SEQUENCE:{}\n", playlist.media_sequence);
  if (playlist.discontinuity_sequence > 0)
    fmt::format_to(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", playlist.discontinuity_sequence);
  if (playlist.is_event) text += "#EXT-X-PLAYLIST-TYPE:EVENT\n";
  for (const HlsEntry& entry : playlist.entries) {
    if (entry.is_discontinuity) text += "#EXT-X-DISCONTINUITY\n";
    fmt::format_to(out, "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{:.6f},\n{}{}\n",
                   date_text(entry.date), to_seconds(entry.duration), entry.stem, extension);
  }
  if (playlist.has_ended) text += "#EXT-X-ENDLIST\n";
  return text;
}

std::optional<HlsMediaPlaylist> read_media_playlist(std::string_view text) {
  constexpr std::string_view kHeader = "#EXTM3U\n";
  if (!text.starts_with(kHeader)) return std::nullopt;
  text.remove_prefix(kHeader.size());
  PlaylistReader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!reader.take(text.substr(0, end))) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

std::string write_master_playlist(const HlsMaster& master) {
  std::string text = "#EXTM3U\n#EXT-X-VERSION:3\n";
  auto out = std::back_inserter(text);
  const bool has_captions = !master.caption_playlist.empty();
  if (has_captions) {
    fmt::format_to(out, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"{}\",",
                   quotable(master.caption_name));
    if (const std::string language = quotable(master.caption_language); !language.empty())
      fmt::format_to(out, "LANGUAGE=\"{}\",", language);
    fmt::format_to(out, "DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI=\"{}\"\n",
                   master.caption_playlist);
  }
  fmt::format_to(out, "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={}", master.peak_bandwidth,
                 master.average_bandwidth);
  const HlsVariant& variant = master.variant;
  std::vector<std::string> codecs;
  for (const std::string& codec : {variant.video_codec, variant.audio_codec})
    if (!codec.empty()) codecs.push_back(codec);
  if (!codecs.empty()) fmt::format_to(out, ",CODECS=\"{}\"", fmt::join(codecs, ","));
  if (variant.width > 0 && variant.height > 0)
    fmt::format_to(out, ",RESOLUTION={}x{}", variant.width, variant.height);
  if (variant.frame_rate > 0) fmt::format_to(out, ",FRAME-RATE={:.3f}", variant.frame_rate);
  if (has_captions) text += ",SUBTITLES=\"captions\"";
  fmt::format_to(out, "\n{}\n", master.media_playlist);
  return text;
}

}  // namespace attune::media
