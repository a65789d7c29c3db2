#include "media/audio_decoder.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "media/libav.h"
#include "media_files.h"

namespace attune::media {
namespace {

/// A tone that says where it is: its phase is that of a sine beginning at media time zero.
std::string tone(double hertz, double seconds, int rate = 48000) {
  return "-f lavfi -i \"aevalsrc='0.5*sin(2*PI*" + std::to_string(hertz) +
         "*t)':s=" + std::to_string(rate) + ":d=" + std::to_string(seconds) + "\" ";
}

/// Root mean square of the difference from 0.5 sin(2 pi f t) between two times since `zero`.
double distance_from_tone(const Decoded& decoded, double hertz, double from_s, double to_s,
                          Timestamp zero = {}) {
  double sum = 0;
  int count = 0;
  for (const AudioChunk& chunk : decoded.chunks) {
    for (std::size_t n = 0; n < chunk.samples.size(); ++n) {
      const double t = to_seconds(chunk.start - zero) + static_cast<double>(n) / kSampleRateHz;
      if (t < from_s || t >= to_s) continue;
      const double error = chunk.samples[n] - 0.5 * std::sin(2 * std::numbers::pi * hertz * t);
      sum += error * error;
      ++count;
    }
  }
  EXPECT_GT(count, 0);
  return std::sqrt(sum / std::max(count, 1));
}

double loudness(const Decoded& decoded, double from_s, double to_s) {
  return distance_from_tone(decoded, 0, from_s, to_s);
}

float peak(const std::vector<float>& samples) {
  float result = 0;
  for (const float s : samples) result = std::max(result, std::abs(s));
  return result;
}

class AudioDecoderTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(AudioDecoderTest, ResamplingKeepsEverySampleAtItsTime) {
  for (const int rate : {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000}) {
    SCOPED_TRACE(rate);
    const std::string path = folder_ / "a.wav";
    ffmpeg(tone(1000, 1.5, rate) + path);
    const Decoded decoded = decode_file(path);
    EXPECT_EQ(decoded.audio_start(), 0);
    EXPECT_NEAR(decoded.audio_end(), 1.5, 0.001);
    expect_contiguous(decoded.chunks);
    // 1 % of the amplitude is a shift of 1.6 microseconds, or a wrong level.
    EXPECT_LT(distance_from_tone(decoded, 1000, 0.02, 1.48), 0.005);
  }
}

TEST_F(AudioDecoderTest, WhatSixteenKilohertzCannotHoldIsLeftOut) {
  const std::string path = folder_ / "a.wav";
  ffmpeg(tone(9500, 1) + path);
  EXPECT_LT(loudness(decode_file(path), 0.1, 0.9), 0.002);
}

TEST_F(AudioDecoderTest, EncoderPrimingIsLeftOutAndTimesKept) {
  struct Case {
    const char* file;
    const char* codec;
  };
  for (const Case c :
       {Case{"a.mp4", "aac"}, Case{"a.m4a", "aac"}, Case{"a.mp3", "libmp3lame"},
        Case{"a.ogg", "libvorbis"}, Case{"a.opus", "libopus"}, Case{"a.flac", "flac"}}) {
    SCOPED_TRACE(c.file);
    const std::string path = folder_ / c.file;
    ffmpeg(tone(500, 2) + "-b:a 128k -c:a " + c.codec + " " + path);
    const Decoded decoded = decode_file(path);
    expect_contiguous(decoded.chunks);
    EXPECT_NEAR(decoded.audio_end(), 2.0, 0.06);
    // A lossy tone is near; one shifted by one AAC packet would be 0.35 away or more.
    // FFmpeg lets MP3 begin at the encoder's delay instead of zero.
    EXPECT_LT(distance_from_tone(decoded, 500, 0.2, 1.8, decoded.info.start_time), 0.03);
    EXPECT_EQ(decoded.audio.corrections, 0);
  }
}

TEST_F(AudioDecoderTest, GapsBecomeSilenceAndTheRestKeepsItsTime) {
  const std::string path = folder_ / "a.mkv";
  ffmpeg(tone(400, 3) +
         "-af \"asetnsamples=480,aselect='not(between(t,1,1.495))'\" -c:a pcm_s16le " + path);
  const Decoded decoded = decode_file(path);
  expect_contiguous(decoded.chunks);
  EXPECT_NEAR(decoded.audio_end(), 3.0, 0.002);
  EXPECT_LT(distance_from_tone(decoded, 400, 0.02, 0.98), 0.02);
  EXPECT_LT(loudness(decoded, 1.005, 1.495), 1e-6);
  EXPECT_LT(distance_from_tone(decoded, 400, 1.52, 2.98), 0.02);
  EXPECT_EQ(decoded.audio.corrections, 1);
  EXPECT_NEAR(to_seconds(decoded.audio.silence_inserted), 0.5, 0.011);
}

TEST_F(AudioDecoderTest, AGapLongerThanAllowedIsAStepInTheChunks) {
  const std::string path = folder_ / "a.mkv";
  ffmpeg(tone(400, 4) +
         "-af \"asetnsamples=480,aselect='not(between(t,1,2.995))'\" -c:a pcm_s16le " + path);
  Demuxer demuxer(path);
  AudioDecoder decoder(*demuxer.info().audio(), {.max_silence = std::chrono::seconds(1)});
  std::vector<AudioChunk> chunks;
  const auto keep = [&](AudioChunk c) { chunks.push_back(std::move(c)); };
  while (const auto packet = demuxer.read()) decoder.decode(*packet->data, keep);
  decoder.flush(keep);
  int steps = 0;
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    if (chunks[i].start == chunks[i - 1].end()) continue;
    ++steps;
    EXPECT_NEAR(to_seconds(chunks[i - 1].end()), 1.0, 0.011);
    EXPECT_NEAR(to_seconds(chunks[i].start), 3.0, 0.011);
  }
  EXPECT_EQ(steps, 1);
  EXPECT_EQ(decoder.statistics().silence_inserted.count(), 0);
}

/// Decodes a wave file with its packets' times changed first.
template <typename ChangeTime>
Decoded decode_retimed(const std::string& path, ChangeTime change) {
  Demuxer demuxer(path);
  const Ratio time_base = demuxer.info().audio()->time_base;
  AudioDecoder decoder(*demuxer.info().audio());
  Decoded decoded;
  const auto keep = [&](AudioChunk c) { decoded.chunks.push_back(std::move(c)); };
  while (const auto packet = demuxer.read()) {
    const PacketHandle copy(av_packet_clone(packet->data.get()));
    const double time_s = change(to_seconds(packet->span.start));
    copy->pts = copy->dts = std::llround(time_s / time_base.value());
    decoder.decode(*copy, keep);
  }
  decoder.flush(keep);
  decoded.audio = decoder.statistics();
  return decoded;
}

TEST_F(AudioDecoderTest, OverlapIsCut) {
  const std::string path = folder_ / "a.wav";
  ffmpeg(tone(400, 3) + path);
  // From 1 s on, all sound is said to lie 0.3 s earlier.
  const Decoded decoded = decode_retimed(path, [](double t) { return t < 1 ? t : t - 0.3; });
  expect_contiguous(decoded.chunks);
  EXPECT_NEAR(decoded.audio_end(), 2.7, 0.03);
  EXPECT_LT(distance_from_tone(decoded, 400, 0.02, 0.98), 0.02);
  // 0.3 s are a whole number of periods, so that the tone goes on in phase.
  EXPECT_LT(distance_from_tone(decoded, 400, 1.1, 2.6), 0.02);
  EXPECT_NEAR(to_seconds(decoded.audio.sound_dropped), 0.3, 0.03);
}

TEST_F(AudioDecoderTest, JitterIsSmoothedAndDriftFollowed) {
  const std::string path = folder_ / "a.wav";
  ffmpeg(tone(400, 20) + path);
  int n = 0;
  const Decoded jitter =
      decode_retimed(path, [&](double t) { return t + (n++ % 2 == 0 ? 0.015 : -0.015); });
  EXPECT_EQ(jitter.audio.corrections, 0);
  EXPECT_EQ(jitter.audio.silence_inserted.count(), 0);

  // A clock that runs 0.5 % slow: 100 ms over 20 s.
  const Decoded drift = decode_retimed(path, [](double t) { return t * 1.005; });
  expect_contiguous(drift.chunks);
  EXPECT_NEAR(drift.audio_end(), 20.1, 0.045);
  EXPECT_GE(drift.audio.corrections, 2);
  EXPECT_LE(drift.audio.corrections, 6);
}

TEST_F(AudioDecoderTest, StartsAndEndsAreThoseOfTheFile) {
  const std::string later = folder_ / "later.mkv";
  ffmpeg("-f lavfi -i testsrc2=s=160x120:d=3 -itsoffset 0.8 " + tone(400, 1) +
         "-c:v libx264 -preset ultrafast -c:a pcm_s16le " + later);
  const Decoded decoded_later = decode_file(later);
  EXPECT_NEAR(decoded_later.audio_start(), 0.8, 0.001);
  EXPECT_NEAR(decoded_later.audio_end(), 1.8, 0.001);
  EXPECT_NEAR(decoded_later.frame_times().front(), 0, 0.001);
  EXPECT_NEAR(decoded_later.audio_start(), ffprobe_frame_times(later, "a:0").front(), 1e-6);

  const std::string earlier = folder_ / "earlier.ts";
  ffmpeg("-itsoffset 0.48 -f lavfi -i testsrc2=s=160x120:d=1 " + tone(400, 2) +
         "-c:v libx264 -preset ultrafast -c:a aac " + earlier);
  const Decoded decoded_earlier = decode_file(earlier);
  // AAC begins one packet of 1024 samples before its first sample.
  EXPECT_NEAR(decoded_earlier.frame_times().front() - decoded_earlier.audio_start(),
              0.48 + 1024.0 / 48000, 0.001);
  EXPECT_NEAR(decoded_earlier.audio_start(), ffprobe_frame_times(earlier, "a:0").front(), 1e-6);
}

TEST_F(AudioDecoderTest, SurroundIsMixedDownWithTheCentreAndCannotClip) {
  // ITU-R BS.775: centre 1, fronts and surrounds by 3 dB steps, no LFE; divided by the sum.
  const double sum = 1 + 2 * std::numbers::sqrt2 / 2 + 2 * 0.5;
  struct Case {
    const char* channels;
    double expected_gain;
  };
  for (const Case c :
       {Case{"0|0|1|0|0|0", 1 / sum}, Case{"1|0|0|0|0|0", std::numbers::sqrt2 / 2 / sum},
        Case{"0|0|0|1|0|0", 0}, Case{"0|0|0|0|1|0", 0.5 / sum}, Case{"1|1|1|1|1|1", 1}}) {
    SCOPED_TRACE(c.channels);
    std::string expression;
    for (const char gain : std::string(c.channels)) {
      expression += gain == '|' ? std::string("|") : std::string(1, gain) + "*sin(2*PI*440*t)";
    }
    const std::string path = folder_ / "a.wav";
    ffmpeg("-f lavfi -i \"aevalsrc='" + expression + "':c=5.1:s=48000:d=1\" -c:a pcm_s24le " +
           path);
    EXPECT_NEAR(peak(decode_file(path).samples()), c.expected_gain, 0.01);
  }
}

TEST_F(AudioDecoderTest, ChangeOfChannelsInTheMiddleOfABroadcast) {
  const std::string mono = folder_ / "mono.ts";
  const std::string surround = folder_ / "surround.ts";
  const std::string both = folder_ / "both.ts";
  ffmpeg(tone(400, 2) + "-c:a ac3 -ac 1 " + mono);
  ffmpeg(tone(400, 2) + "-c:a ac3 -ac 6 -output_ts_offset 2.016 " + surround);
  write_file(both, read_file(mono) + read_file(surround));
  const Decoded decoded = decode_file(both);
  expect_contiguous(decoded.chunks);
  EXPECT_NEAR(decoded.audio_end() - decoded.audio_start(), 4.03, 0.04);
  EXPECT_EQ(decoded.audio.damaged_packets, 0);
  EXPECT_GT(loudness(decoded, decoded.audio_start() + 0.1, decoded.audio_start() + 1.9), 0.3);
  EXPECT_GT(loudness(decoded, decoded.audio_start() + 2.1, decoded.audio_start() + 3.9), 0.05);
}

TEST_F(AudioDecoderTest, ChunksHaveTheLengthAsked) {
  const std::string path = folder_ / "a.wav";
  ffmpeg(tone(400, 1) + path);
  Demuxer demuxer(path);
  AudioDecoder decoder(*demuxer.info().audio(), {.chunk = std::chrono::milliseconds(250)});
  std::vector<std::size_t> lengths;
  const auto keep = [&](const AudioChunk& c) { lengths.push_back(c.samples.size()); };
  while (const auto packet = demuxer.read()) decoder.decode(*packet->data, keep);
  decoder.flush(keep);
  EXPECT_EQ(lengths, (std::vector<std::size_t>{4000, 4000, 4000, 4000}));
}

}  // namespace
}  // namespace attune::media
