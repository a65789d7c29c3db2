#include "media/video_encoder.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "media/libav.h"

namespace attune::media {
namespace {

/// Enough for large pictures on machines of today; not the machine's own, so that results agree.
constexpr int kThreads = 8;
/// MPEG-4 part 2 counts time in at most so many ticks a second.
constexpr int kMostMpeg4Ticks = 65535;

int check_output(int code, const std::string& what) {
  if (code >= 0) return code;
  throw Error(ErrorKind::kOutput, what + ": " + av_error_text(code));
}

const AVCodec& choose_codec(const AVOutputFormat& container) {
  const AVCodec* codec = nullptr;
  if (avformat_query_codec(&container, AV_CODEC_ID_H264, FF_COMPLIANCE_NORMAL) == 1)
    codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr) codec = avcodec_find_encoder(container.video_codec);
  // Without an encoder for H.264, most containers still take its predecessor.
  if (codec == nullptr &&
      avformat_query_codec(&container, AV_CODEC_ID_MPEG4, FF_COMPLIANCE_NORMAL) == 1)
    codec = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
  if (codec == nullptr) {
    throw Error(ErrorKind::kOutput,
                std::string("the installed FFmpeg has no encoder of pictures for ") +
                    container.name + " files; write an .mkv file");
  }
  log()->info("pictures are encoded with {}", codec->name);
  return *codec;
}

AVRational encoder_time_base(const AVCodec& codec, Ratio time_base) {
  if (codec.id != AV_CODEC_ID_MPEG4 || time_base.den <= kMostMpeg4Ticks)
    return {time_base.num, time_base.den};
  return {1, kMostMpeg4Ticks};
}

void set_quality(AVCodecContext& codec, int quality) {
  const std::string_view name = codec.codec->name;
  const std::string text = std::to_string(quality);
  if (name == "libx264") {
    av_opt_set(codec.priv_data, "crf", text.c_str(), 0);
    av_opt_set(codec.priv_data, "preset", "medium", 0);
  } else if (name.starts_with("libvpx")) {
    // Its scale reaches to 63, and 31 there looks as 23 does.
    const int crf = std::min(63, quality * 31 / 23);
    av_opt_set_int(codec.priv_data, "crf", crf, 0);
    av_opt_set_int(codec.priv_data, "cpu-used", 4, 0);
    codec.bit_rate = 0;
  } else {
    codec.flags |= AV_CODEC_FLAG_QSCALE;
    codec.global_quality = FF_QP2LAMBDA * std::max(1, quality / 6);
  }
}

bool is_interlaced(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
  return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
  return frame.interlaced_frame != 0;
#endif
}

}  // namespace

VideoEncoder::VideoEncoder(const AVFrame& first, Ratio time_base, Ratio frame_rate,
                           Ratio pixel_aspect, const AVOutputFormat& container,
                           const VideoEncoderOptions& options)
    : source_time_base_(time_base), packet_(make_packet()) {
  const AVCodec& codec = choose_codec(container);
  codec_.reset(avcodec_alloc_context3(&codec));
  if (!codec_) throw std::bad_alloc();
  codec_->width = first.width;
  codec_->height = first.height;
  codec_->pix_fmt = AV_PIX_FMT_YUV420P;
  codec_->time_base = encoder_time_base(codec, time_base);
  if (frame_rate.known()) codec_->framerate = {frame_rate.num, frame_rate.den};
  if (pixel_aspect.known()) codec_->sample_aspect_ratio = {pixel_aspect.num, pixel_aspect.den};
  codec_->colorspace = first.colorspace;
  codec_->color_primaries = first.color_primaries;
  codec_->color_trc = first.color_trc;
  codec_->color_range = first.color_range;
  codec_->chroma_sample_location = first.chroma_location;
  codec_->thread_count = kThreads;
  codec_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (is_interlaced(first)) codec_->flags |= AV_CODEC_FLAG_INTERLACED_DCT;
  if ((container.flags & AVFMT_GLOBALHEADER) != 0) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  set_quality(*codec_, options.quality);
  check_output(avcodec_open2(codec_.get(), &codec, nullptr),
               std::string("the encoder ") + codec.name + " does not start");
}

Ratio VideoEncoder::time_base() const {
  return {codec_->time_base.num, codec_->time_base.den};
}

void VideoEncoder::describe(AVCodecParameters& parameters) const {
  check_output(avcodec_parameters_from_context(&parameters, codec_.get()), "codec parameters");
}

void VideoEncoder::encode(AVFrame& frame, Duration duration, const Sink& sink) {
  const AVRational from{source_time_base_.num, source_time_base_.den};
  const std::int64_t pts = av_rescale_q(frame.pts, from, codec_->time_base);
  // Coarser ticks may put two pictures of the source at one time.
  frame.pts = last_pts_ ? std::max(pts, *last_pts_ + 1) : pts;
  last_pts_ = frame.pts;
  frame.pict_type = AV_PICTURE_TYPE_NONE;
  durations_[frame.pts] =
      av_rescale_q(duration.count(), AVRational{1, 1'000'000'000}, codec_->time_base);
  check_output(avcodec_send_frame(codec_.get(), &frame), "encoding a picture");
  receive_all(sink);
}

void VideoEncoder::flush(const Sink& sink) {
  check_output(avcodec_send_frame(codec_.get(), nullptr), "encoding a picture");
  receive_all(sink);
}

void VideoEncoder::receive_all(const Sink& sink) {
  for (;;) {
    const int code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    check_output(code, "encoding a picture");
    if (const auto found = durations_.find(packet_->pts); found != durations_.end()) {
      packet_->duration = found->second;
      durations_.erase(found);
    }
    sink(*packet_);
  }
}

}  // namespace attune::media
