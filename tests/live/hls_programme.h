#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../media/media_files.h"
#include "live/hls_output.h"

namespace attune::live {

/// A packet as a feed gives it.
struct HlsPacket {
  media::MediaPacket packet;
  std::shared_ptr<const media::StreamInfo> stream;
};

/// All packets of a file, moved by `shift` on the feed's clock.
inline std::vector<HlsPacket> hls_packets(const std::string& file, Duration shift = {}) {
  media::Demuxer demuxer(file);
  std::shared_ptr<const media::StreamInfo> audio;
  std::shared_ptr<const media::StreamInfo> video;
  if (demuxer.info().audio() != nullptr)
    audio = std::make_shared<const media::StreamInfo>(*demuxer.info().audio());
  if (demuxer.info().video() != nullptr)
    video = std::make_shared<const media::StreamInfo>(*demuxer.info().video());
  std::vector<HlsPacket> packets;
  while (auto packet = demuxer.read()) {
    packet->span.start += shift;
    packet->span.end += shift;
    const bool is_video = packet->kind == media::StreamKind::kVideo;
    packets.push_back({std::move(*packet), is_video ? video : audio});
  }
  return packets;
}

/// Twelve seconds of test picture, 25 frames/s, B frames, a key picture each second, and a tone.
inline const std::string& hls_source() {
  static const media::TemporaryFolder folder;
  static const std::string file = [] {
    const std::string made = folder / "source.mp4";
    media::ffmpeg(
        "-f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000 "
        "-t 12 -c:v libx264 -preset ultrafast -profile:v main -level 3.1 -pix_fmt yuv420p -g 25 "
        "-bf 2 -sc_threshold 0 -c:a aac -aac_pns 0 -b:a 96k " +
        made);
    return made;
  }();
  return file;
}

inline captions::Caption hls_caption(double start, double end, const std::string& text,
                                     const std::string& speaker = "Anna") {
  captions::Caption caption;
  caption.span = {from_seconds(start), from_seconds(end)};
  caption.speaker = 1;
  caption.speaker_name = speaker;
  caption.lines = {text};
  return caption;
}

/// A media playlist as RFC 8216 defines it, read by other means than the library's.
struct SeenPlaylist {
  struct Entry {
    double seconds = 0;
    bool discontinuity = false;
    std::string date;
    std::string uri;
    bool operator==(const Entry&) const = default;
  };
  std::int64_t sequence = 0;
  std::int64_t discontinuity_sequence = 0;
  std::int64_t target = 0;
  bool event = false;
  bool ended = false;
  std::vector<Entry> entries;

  double length() const {
    double sum = 0;
    for (const Entry& entry : entries) sum += entry.seconds;
    return sum;
  }
};

inline SeenPlaylist read_seen(const std::string& path) {
  SeenPlaylist seen;
  std::istringstream text(media::read_file(path));
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "#EXTM3U") << path;
  SeenPlaylist::Entry entry;
  std::set<std::string> once;
  while (std::getline(text, line)) {
    const std::size_t colon = line.find(':');
    const std::string tag = line.substr(0, colon);
    const std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    const bool is_of_segment =
        tag == "#EXTINF" || tag == "#EXT-X-DISCONTINUITY" || tag == "#EXT-X-PROGRAM-DATE-TIME";
    if (line[0] == '#' && !is_of_segment) {
      EXPECT_TRUE(once.insert(tag).second) << tag << " twice in " << path;
      EXPECT_TRUE(seen.entries.empty() || tag == "#EXT-X-ENDLIST") << tag << " among segments";
    }
    EXPECT_TRUE(tag != "#EXT-X-VERSION" || std::stoi(value) >= 3) << "lengths are no whole numbers";
    if (tag == "#EXT-X-MEDIA-SEQUENCE") seen.sequence = std::stoll(value);
    if (tag == "#EXT-X-DISCONTINUITY-SEQUENCE") seen.discontinuity_sequence = std::stoll(value);
    if (tag == "#EXT-X-TARGETDURATION") seen.target = std::stoll(value);
    if (tag == "#EXT-X-PLAYLIST-TYPE") seen.event = value == "EVENT";
    if (tag == "#EXT-X-ENDLIST") seen.ended = true;
    if (tag == "#EXT-X-DISCONTINUITY") entry.discontinuity = true;
    if (tag == "#EXT-X-PROGRAM-DATE-TIME") entry.date = value;
    if (tag == "#EXTINF") entry.seconds = std::stod(value);
    if (line[0] == '#') continue;
    entry.uri = line;
    seen.entries.push_back(std::exchange(entry, {}));
  }
  return seen;
}

/// Watches a folder as a player does that reads the playlists whenever they change, and holds it to
/// RFC 8216: 4.3.3.1 (target), 6.2.1 (changes), 6.2.2 (what is removed, and when).
class PlaylistWatch {
 public:
  explicit PlaylistWatch(std::string folder) : folder_(std::move(folder)) {}

  /// Whether there was news.
  bool look() {
    const std::string path = folder_ + "/media.m3u8";
    if (!std::filesystem::exists(path)) return false;
    const std::string text = media::read_file(path);
    if (text == text_) return false;
    text_ = text;
    const SeenPlaylist now = read_seen(path);
    check_itself(now);
    check_captions(now);
    if (last_) check_change(*last_, now);
    last_ = now;
    longest_ = std::max(longest_, now.length());
    check_removed();
    return true;
  }

  const SeenPlaylist& last() const { return *last_; }
  std::int64_t removed() const { return removed_; }

 private:
  void check_itself(const SeenPlaylist& now) {
    EXPECT_GT(now.target, 0);
    for (const auto& entry : now.entries) {
      EXPECT_GT(entry.seconds, 0) << entry.uri;
      EXPECT_LE(std::llround(entry.seconds), now.target) << entry.uri;
      EXPECT_TRUE(std::filesystem::exists(folder_ + "/" + entry.uri)) << entry.uri;
    }
  }

  void check_captions(const SeenPlaylist& now) {
    const SeenPlaylist captions = read_seen(folder_ + "/captions.m3u8");
    EXPECT_EQ(captions.sequence, now.sequence);
    EXPECT_EQ(captions.discontinuity_sequence, now.discontinuity_sequence);
    EXPECT_EQ(captions.target, now.target);
    EXPECT_EQ(captions.ended, now.ended);
    ASSERT_EQ(captions.entries.size(), now.entries.size());
    for (std::size_t i = 0; i < now.entries.size(); ++i) {
      SeenPlaylist::Entry entry = captions.entries[i];
      EXPECT_TRUE(std::filesystem::exists(folder_ + "/" + entry.uri)) << entry.uri;
      EXPECT_TRUE(entry.uri.ends_with(".vtt")) << entry.uri;
      entry.uri.replace(entry.uri.size() - 4, 4, ".ts");
      EXPECT_EQ(entry, now.entries[i]);
    }
  }

  void check_change(const SeenPlaylist& before, const SeenPlaylist& now) {
    EXPECT_EQ(now.target, before.target) << "the target changed";
    EXPECT_FALSE(before.ended) << "went on after its end";
    ASSERT_GE(now.sequence, before.sequence);
    const auto gone = static_cast<std::size_t>(now.sequence - before.sequence);
    ASSERT_LE(gone, before.entries.size());
    std::int64_t discontinuities = 0;
    for (std::size_t i = gone; i < before.entries.size(); ++i) {
      ASSERT_LT(i - gone, now.entries.size());
      EXPECT_EQ(now.entries[i - gone], before.entries[i]);
    }
    for (std::size_t i = before.entries.size() - gone; i < now.entries.size(); ++i)
      published_ += now.entries[i].seconds;
    for (std::size_t i = 0; i < gone; ++i) {
      discontinuities += before.entries[i].discontinuity ? 1 : 0;
      waiting_.push_back({before.entries[i], published_});
    }
    EXPECT_EQ(now.discontinuity_sequence, before.discontinuity_sequence + discontinuities);
    EXPECT_TRUE(gone == 0 || now.length() >= 3.0 * static_cast<double>(now.target))
        << "too short a list";
  }

  /// A file stays for its own length and that of the longest list after it has left it.
  void check_removed() {
    std::erase_if(waiting_, [&](const Gone& gone) {
      const bool exists = std::filesystem::exists(folder_ + "/" + gone.entry.uri);
      if (!exists) {
        ++removed_;
        EXPECT_GE(published_ - gone.at, gone.entry.seconds + longest_ - 1e-6)
            << gone.entry.uri << " went too early";
      }
      return !exists;
    });
  }

  struct Gone {
    SeenPlaylist::Entry entry;
    /// What had been published when it left.
    double at = 0;
  };

  std::string folder_;
  std::string text_;
  std::optional<SeenPlaylist> last_;
  std::vector<Gone> waiting_;
  double published_ = 0;
  double longest_ = 0;
  std::int64_t removed_ = 0;
};

/// A WebVTT segment, its cues on the transport stream's clock (unwrapped 90 kHz), by RFC 8216, 3.5.
struct SeenCues {
  struct Cue {
    std::string identifier;
    double start = 0;
    double end = 0;
    std::string text;
  };
  std::int64_t counter = 0;
  double local = 0;
  std::vector<Cue> cues;

  /// Of a time of the cues.
  double counter_at(double cue_time) const {
    return static_cast<double>(counter) + (cue_time - local) * 90'000;
  }
};

inline double seen_time(const std::string& text) {
  int hours = 0;
  int minutes = 0;
  double seconds = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%d:%d:%lf", &hours, &minutes, &seconds), 3) << text;
  return hours * 3600 + minutes * 60 + seconds;
}

inline SeenCues read_cues(const std::string& path) {
  SeenCues seen;
  std::istringstream text(media::read_file(path));
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "WEBVTT") << path;
  std::getline(text, line);
  const std::string prefix = "X-TIMESTAMP-MAP=MPEGTS:";
  EXPECT_TRUE(line.starts_with(prefix)) << line;
  const std::size_t comma = line.find(",LOCAL:");
  seen.counter = std::stoll(line.substr(prefix.size(), comma - prefix.size()));
  seen.local = seen_time(line.substr(comma + 7));
  while (std::getline(text, line)) {
    EXPECT_TRUE(line.empty()) << "a cue begins without a blank line: " << line;
    SeenCues::Cue cue;
    std::getline(text, cue.identifier);
    std::getline(text, line);
    const std::size_t arrow = line.find(" --> ");
    cue.start = seen_time(line.substr(0, arrow));
    cue.end = seen_time(line.substr(arrow + 5));
    while (text.peek() != '\n' && std::getline(text, line)) cue.text += line + '\n';
    EXPECT_TRUE(seen.cues.empty() || cue.start >= seen.cues.back().start) << path;
    seen.cues.push_back(cue);
  }
  return seen;
}

/// An HLS programme under test, in a folder of its own.
struct HlsProgramme {
  HlsProgramme() { options.folder = folder / "hls"; }

  std::string path(const std::string& name) const { return (options.folder / name).string(); }
  SeenPlaylist media_list() const { return read_seen(path("media.m3u8")); }
  std::vector<std::string> segment_files() const {
    std::vector<std::string> files;
    for (const auto& entry : media_list().entries) files.push_back(path(entry.uri));
    return files;
  }
  /// Names in the folder with this ending.
  std::size_t count(const std::string& ending) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options.folder))
      count += entry.path().filename().string().ends_with(ending) ? 1 : 0;
    return count;
  }

  media::TemporaryFolder folder;
  HlsOptions options;
};

/// A transport stream, read by ISO/IEC 13818-1 alone.
struct SeenTransport {
  /// By stream id (0xE0: picture, 0xC0: sound): the first presentation time, 33 bits of 90 kHz.
  std::map<int, std::int64_t> first;
  /// Whether the first picture is said to be one that can be decoded alone.
  bool begins_at_key = false;
  /// Places where a packet is missing.
  int gaps = 0;
};

inline SeenTransport read_transport(const std::string& bytes) {
  SeenTransport seen;
  std::map<int, int> counters;
  EXPECT_EQ(bytes.size() % 188, 0u);
  for (std::size_t at = 0; at + 188 <= bytes.size(); at += 188) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    EXPECT_EQ(byte(0), 0x47);
    const int pid = (byte(1) & 0x1F) << 8 | byte(2);
    const bool has_adaptation = (byte(3) & 0x20) != 0;
    if ((byte(3) & 0x10) == 0) continue;
    const int counter = byte(3) & 0x0F;
    if (counters.contains(pid) && counter != (counters[pid] + 1) % 16) ++seen.gaps;
    counters[pid] = counter;
    const std::size_t payload = has_adaptation ? 5u + byte(4) : 4u;
    const bool begins = (byte(1) & 0x40) != 0;
    if (!begins || payload + 14 > 188 || byte(payload) != 0 || byte(payload + 1) != 0 ||
        byte(payload + 2) != 1 || (byte(payload + 7) & 0x80) == 0)
      continue;
    const int id = byte(payload + 3);
    if (seen.first.contains(id)) continue;
    const auto part = [&](std::size_t i) { return static_cast<std::int64_t>(byte(payload + i)); };
    seen.first[id] = (part(9) >> 1 & 7) << 30 | part(10) << 22 | part(11) >> 1 << 15 |
                     part(12) << 7 | part(13) >> 1;
    if (id == 0xE0) seen.begins_at_key = has_adaptation && (byte(5) & 0x40) != 0;
  }
  return seen;
}

/// What ffmpeg says against files while it decodes all of each by itself; empty: nothing.
inline std::string decoding_complaints(const std::vector<std::string>& files) {
  std::string command = "ffmpeg -nostdin -v warning -xerror";
  for (const std::string& file : files) command += " -i " + file;
  for (std::size_t i = 0; i < files.size(); ++i) command += " -map " + std::to_string(i);
  command += " -f null - 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char part[4096];
  for (std::size_t n = 0; (n = fread(part, 1, sizeof part, pipe.get())) > 0;)
    output.append(part, n);
  return output;
}

/// Checksums of a stream's decoded frames.
inline std::vector<std::string> frame_sums(const std::string& file, const std::string& stream) {
  const std::string command = "ffmpeg -nostdin -v error -i " + file + " -map 0:" + stream +
                              " -fps_mode passthrough "
                              "-f framemd5 - 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::vector<std::string> sums;
  char line[512];
  while (fgets(line, sizeof line, pipe.get()) != nullptr) {
    const std::string text = line;
    if (text.empty() || text[0] == '#') continue;
    const std::size_t comma = text.rfind(',');
    sums.push_back(text.substr(comma + 1));
  }
  return sums;
}

}  // namespace attune::live
