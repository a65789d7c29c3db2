#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "media/audio_decoder.h"
#include "media/demuxer.h"
#include "media/video_decoder.h"

namespace attune::media {

/// A folder for generated files, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "attune-media-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Runs the ffmpeg program with these arguments (shell syntax); fails the test when it fails.
inline void ffmpeg(const std::string& arguments) {
  const std::string command = "ffmpeg -nostdin -v error -y -threads 2 " + arguments;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

inline nlohmann::json ffprobe(const std::string& arguments) {
  const std::string command = "ffprobe -v error -of json " + arguments;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  char part[4096];
  for (std::size_t n = 0; (n = fread(part, 1, sizeof part, pipe.get())) > 0;)
    output.append(part, n);
  return nlohmann::json::parse(output);
}

/// Presentation times in seconds of the decoded frames of a stream ("v:0"), as ffprobe sees them;
/// NaN for frames without one.
inline std::vector<double> ffprobe_frame_times(const std::string& path, const std::string& stream) {
  std::vector<double> times;
  const nlohmann::json probed = ffprobe("-select_streams " + stream +
                                        " -show_entries frame=best_effort_timestamp_time " + path);
  for (const auto& frame : probed.at("frames")) {
    const std::string text = frame.value("best_effort_timestamp_time", "nan");
    times.push_back(std::stod(text));
  }
  return times;
}

/// Everything that comes out of a file.
struct Decoded {
  MediaInfo info;
  std::vector<AudioChunk> chunks;
  std::vector<VideoFrame> frames;
  AudioStatistics audio;
  VideoStatistics video;
  int read_errors = 0;
  bool ended_early = false;

  std::vector<float> samples() const {
    std::vector<float> all;
    for (const AudioChunk& c : chunks) all.insert(all.end(), c.samples.begin(), c.samples.end());
    return all;
  }
  double audio_start() const { return to_seconds(chunks.front().start); }
  double audio_end() const { return to_seconds(chunks.back().end()); }
  std::vector<double> frame_times() const {
    std::vector<double> times;
    for (const VideoFrame& f : frames) times.push_back(to_seconds(f.span.start));
    return times;
  }
};

inline Decoded decode_file(const std::string& path, const DemuxOptions& options = {},
                           const CodecOptions& codec_options = {}) {
  Demuxer demuxer(path, options);
  Decoded result;
  result.info = demuxer.info();
  std::optional<AudioDecoder> audio;
  std::optional<VideoDecoder> video;
  if (result.info.audio()) audio.emplace(*result.info.audio());
  if (result.info.video()) video.emplace(*result.info.video(), codec_options);
  const auto keep_chunk = [&](AudioChunk c) { result.chunks.push_back(std::move(c)); };
  const auto keep_frame = [&](VideoFrame f) { result.frames.push_back(std::move(f)); };
  while (const auto packet = demuxer.read()) {
    if (packet->kind == StreamKind::kAudio) audio->decode(*packet->data, keep_chunk);
    if (packet->kind == StreamKind::kVideo) video->decode(*packet->data, keep_frame);
  }
  if (audio) {
    audio->flush(keep_chunk);
    result.audio = audio->statistics();
  }
  if (video) {
    video->flush(keep_frame);
    result.video = video->statistics();
  }
  result.read_errors = demuxer.read_errors();
  result.ended_early = demuxer.ended_early();
  return result;
}

/// The message of the Error(kInput) that opening must throw.
inline std::string open_error(const std::string& path, const DemuxOptions& options = {}) {
  try {
    Demuxer demuxer(path, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << path << " was opened";
  return "";
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Writes a display matrix {a, b, c, d} into the track header of an MP4 file with one track
/// (ISO/IEC 14496-12, 8.3.2): a point (x, y) is shown at (a x + c y, b x + d y).
inline void set_display_matrix(const std::string& path, std::array<int, 4> abcd) {
  std::string bytes = read_file(path);
  const std::size_t matrix = bytes.find("tkhd") + 44;
  ASSERT_EQ(bytes.substr(matrix, 4), std::string("\0\1\0\0", 4)) << "not where 1.0 is expected";
  const std::array<std::size_t, 4> positions = {0, 4, 12, 16};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint32_t fixed_point = static_cast<std::uint32_t>(abcd[i]) * 65536U;
    for (std::size_t k = 0; k < 4; ++k) {
      bytes[matrix + positions[i] + k] = static_cast<char>(fixed_point >> (24 - 8 * k));
    }
  }
  write_file(path, bytes);
}

inline void expect_times_near(const std::vector<double>& actual,
                              const std::vector<double>& expected, double tolerance = 2e-6) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i])) continue;
    ASSERT_NEAR(actual[i], expected[i], tolerance) << "frame " << i;
  }
}

/// Chunks must follow each other without gap or overlap.
inline void expect_contiguous(const std::vector<AudioChunk>& chunks) {
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    ASSERT_EQ(chunks[i].start, chunks[i - 1].end()) << "chunk " << i;
  }
}

}  // namespace attune::media
