#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/time.h"

struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct SwrContext;
struct SwsContext;

namespace attune::media {

/// Exact fraction: time bases, frame rates, pixel aspects. `num == 0` means unknown.
struct Ratio {
  int num = 0;
  int den = 1;

  bool known() const { return num > 0 && den > 0; }
  double value() const { return static_cast<double>(num) / den; }
};

struct AvDelete {
  void operator()(AVCodecContext* p) const;
  void operator()(AVFormatContext* p) const;
  void operator()(AVFrame* p) const;
  void operator()(AVPacket* p) const;
  void operator()(SwrContext* p) const;
  void operator()(SwsContext* p) const;
};

/// Owning handles of FFmpeg's objects.
using CodecContext = std::unique_ptr<AVCodecContext, AvDelete>;
using FormatContext = std::unique_ptr<AVFormatContext, AvDelete>;
using FrameHandle = std::unique_ptr<AVFrame, AvDelete>;
using PacketHandle = std::unique_ptr<AVPacket, AvDelete>;
using ResampleContext = std::unique_ptr<SwrContext, AvDelete>;
using ScaleContext = std::unique_ptr<SwsContext, AvDelete>;

/// New empty frame or packet. Throw std::bad_alloc.
FrameHandle make_frame();
PacketHandle make_packet();

/// FFmpeg's words for a (negative) error code.
std::string av_error_text(int code);

/// Returns `code` when it is not an error; throws Error(kInput, "context: FFmpeg's text")
/// otherwise.
int check(int code, std::string_view context);

/// A time of a stream in its own time base, on the media clock (nearest nanosecond).
Timestamp to_timestamp(std::int64_t ticks, Ratio time_base);

/// Sends what FFmpeg's libraries would print on the terminal to attune's log instead: its errors
/// and warnings as debug messages, since attune reports on its own what matters. FFmpeg has one
/// such setting per process; the demuxer makes it, once. Thread-safe.
void forward_av_log();

}  // namespace attune::media
