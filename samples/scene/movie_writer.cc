#include "samples/scene/movie_writer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/error.h"
#include "samples/scene/soundtrack.h"

namespace attune::scene {
namespace {

constexpr std::int64_t kSoundBitrate = 96000;

struct Release {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVBSFContext* filter) const { av_bsf_free(&filter); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
  void operator()(AVFormatContext* format) const {
    avio_closep(&format->pb);
    avformat_free_context(format);
  }
};
template <typename T>
using Handle = std::unique_ptr<T, Release>;

std::string message_of(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

int checked(int code, const std::string& what) {
  if (code < 0) throw Error(ErrorKind::kOutput, what + ": " + message_of(code));
  return code;
}

void set_picture_format(AVCodecContext& context, PictureSize size, AVRational rate) {
  context.width = size.width;
  context.height = size.height;
  context.pix_fmt = AV_PIX_FMT_YUV420P;
  context.time_base = av_inv_q(rate);
  context.framerate = rate;
  context.gop_size = std::max(1, 5 * rate.num / rate.den);
  context.sample_aspect_ratio = {1, 1};
  context.colorspace = AVCOL_SPC_BT709;
  context.color_primaries = AVCOL_PRI_BT709;
  context.color_trc = AVCOL_TRC_BT709;
  context.color_range = AVCOL_RANGE_MPEG;
  context.thread_count = 1;  // so that the bytes do not depend on the machine
  context.flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
}

/// The first encoder that opens; libav may know encoders for hardware that is not there.
Handle<AVCodecContext> open_picture_encoder(PictureSize size, AVRational rate) {
  for (const char* name : {"libx264", "libopenh264", "mpeg4"}) {
    const AVCodec* codec = avcodec_find_encoder_by_name(name);
    if (codec == nullptr) continue;
    Handle<AVCodecContext> context(avcodec_alloc_context3(codec));
    set_picture_format(*context, size, rate);
    if (std::string(name) == "libx264") {
      av_opt_set(context->priv_data, "preset", "veryfast", 0);
      av_opt_set(context->priv_data, "crf", "20", 0);
    } else {
      context->bit_rate = static_cast<std::int64_t>(size.width) * size.height;
    }
    if (avcodec_open2(context.get(), codec, nullptr) >= 0) return context;
  }
  throw Error(ErrorKind::kInternal,
              "libavcodec has none of the encoders libx264, libopenh264 and mpeg4");
}

Handle<AVCodecContext> open_sound_encoder() {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
  if (codec == nullptr) throw Error(ErrorKind::kInternal, "libavcodec has no AAC encoder");
  Handle<AVCodecContext> context(avcodec_alloc_context3(codec));
  context->sample_rate = kSoundRate;
  context->sample_fmt = AV_SAMPLE_FMT_FLTP;
  av_channel_layout_default(&context->ch_layout, 1);
  context->bit_rate = kSoundBitrate;
  context->time_base = {1, kSoundRate};
  context->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
  checked(avcodec_open2(context.get(), codec, nullptr), "the AAC encoder does not open");
  return context;
}

}  // namespace

class MovieWriter::Impl {
 public:
  Impl(const std::filesystem::path& path, PictureSize size, AVRational rate)
      : path_(path.string()),
        picture_(open_picture_encoder(size, rate)),
        sound_(open_sound_encoder()) {
    open_container();
    open_filter();
    open_scaler();
    allocate_frame();
    packet_.reset(av_packet_alloc());
  }

  void write_picture(cairo_surface_t* surface) {
    AVFrame* frame = frame_.get();
    checked(av_frame_make_writable(frame), "no memory for a picture");
    const std::uint8_t* source[] = {cairo_image_surface_get_data(surface)};
    const int stride[] = {cairo_image_surface_get_stride(surface)};
    sws_scale(scaler_.get(), source, stride, 0, frame->height, frame->data, frame->linesize);
    frame->pts = pictures_++;
    encode(*picture_, *picture_stream_, frame);
  }

  void write_sound(std::span<const float> samples) {
    pending_.insert(pending_.end(), samples.begin(), samples.end());
    const auto block = static_cast<std::size_t>(sound_->frame_size);
    std::size_t used = 0;
    for (; used + block <= pending_.size(); used += block) {
      encode_sound(std::span(pending_).subspan(used, block));
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(used));
  }

  void finish() {
    if (!pending_.empty()) encode_sound(pending_);
    encode(*picture_, *picture_stream_, nullptr);
    encode(*sound_, *sound_stream_, nullptr);
    checked(av_write_trailer(format_.get()), "cannot complete " + path_);
    checked(avio_closep(&format_->pb), "cannot complete " + path_);
  }

 private:
  void open_container() {
    AVFormatContext* raw = nullptr;
    checked(avformat_alloc_output_context2(&raw, nullptr, "mp4", path_.c_str()),
            "libavformat cannot write mp4");
    format_.reset(raw);
    format_->flags |= AVFMT_FLAG_BITEXACT;
    picture_stream_ = add_stream(*picture_);
    picture_stream_->avg_frame_rate = picture_->framerate;
    sound_stream_ = add_stream(*sound_);
    checked(avio_open(&format_->pb, path_.c_str(), AVIO_FLAG_WRITE), "cannot write " + path_);
    AVDictionary* options = nullptr;
    av_dict_set(&options, "movflags", "+faststart", 0);
    const int code = avformat_write_header(format_.get(), &options);
    av_dict_free(&options);
    checked(code, "cannot write " + path_);
  }

  AVStream* add_stream(const AVCodecContext& encoder) {
    AVStream* stream = avformat_new_stream(format_.get(), nullptr);
    if (stream == nullptr) throw Error(ErrorKind::kInternal, "no memory for a stream");
    stream->time_base = encoder.time_base;
    checked(avcodec_parameters_from_context(stream->codecpar, &encoder), "wrong codec parameters");
    return stream;
  }

  /// Takes the encoder's name and settings out of H.264 (supplemental information, NAL type 6).
  void open_filter() {
    if (picture_->codec_id != AV_CODEC_ID_H264) return;
    AVBSFContext* raw = nullptr;
    if (av_bsf_list_parse_str("filter_units=remove_types=6", &raw) < 0) return;
    filter_.reset(raw);
    checked(avcodec_parameters_from_context(filter_->par_in, picture_.get()), "no filter");
    filter_->time_base_in = picture_->time_base;
    checked(av_bsf_init(filter_.get()), "the filter of H.264 does not open");
  }

  void open_scaler() {
    scaler_.reset(sws_getContext(picture_->width, picture_->height, AV_PIX_FMT_BGR0,
                                 picture_->width, picture_->height, picture_->pix_fmt,
                                 SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr,
                                 nullptr));
    if (!scaler_) throw Error(ErrorKind::kInternal, "libswscale does not convert RGB to YUV");
    const int* to_yuv = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(scaler_.get(), to_yuv, 1, to_yuv, 0, 0, 1 << 16, 1 << 16);
  }

  void allocate_frame() {
    frame_.reset(av_frame_alloc());
    frame_->format = picture_->pix_fmt;
    frame_->width = picture_->width;
    frame_->height = picture_->height;
    checked(av_frame_get_buffer(frame_.get(), 0), "no memory for a picture");
  }

  void encode_sound(std::span<const float> samples) {
    Handle<AVFrame> frame(av_frame_alloc());
    frame->format = sound_->sample_fmt;
    frame->sample_rate = sound_->sample_rate;
    frame->nb_samples = static_cast<int>(samples.size());
    av_channel_layout_copy(&frame->ch_layout, &sound_->ch_layout);
    checked(av_frame_get_buffer(frame.get(), 0), "no memory for sound");
    std::ranges::copy(samples, reinterpret_cast<float*>(frame->data[0]));
    frame->pts = sound_samples_;
    sound_samples_ += frame->nb_samples;
    encode(*sound_, *sound_stream_, frame.get());
  }

  void encode(AVCodecContext& encoder, AVStream& stream, AVFrame* frame) {
    checked(avcodec_send_frame(&encoder, frame), "cannot encode");
    while (true) {
      const int code = avcodec_receive_packet(&encoder, packet_.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) break;
      checked(code, "cannot encode");
      if (&encoder == picture_.get()) packet_->duration = 1;
      if (filter_ && &encoder == picture_.get()) {
        checked(av_bsf_send_packet(filter_.get(), packet_.get()), "cannot filter H.264");
        checked(av_bsf_receive_packet(filter_.get(), packet_.get()), "cannot filter H.264");
      }
      av_packet_rescale_ts(packet_.get(), encoder.time_base, stream.time_base);
      packet_->stream_index = stream.index;
      checked(av_interleaved_write_frame(format_.get(), packet_.get()), "cannot write " + path_);
    }
  }

  std::string path_;
  Handle<AVCodecContext> picture_;
  Handle<AVCodecContext> sound_;
  Handle<AVFormatContext> format_;
  AVStream* picture_stream_ = nullptr;  // owned by format_
  AVStream* sound_stream_ = nullptr;
  Handle<AVBSFContext> filter_;
  Handle<SwsContext> scaler_;
  Handle<AVFrame> frame_;
  Handle<AVPacket> packet_;
  std::vector<float> pending_;
  std::int64_t pictures_ = 0;
  std::int64_t sound_samples_ = 0;
};

MovieWriter::MovieWriter(const std::filesystem::path& path, PictureSize size, AVRational rate)
    : impl_(std::make_unique<Impl>(path, size, rate)) {}
MovieWriter::~MovieWriter() = default;

void MovieWriter::write_picture(cairo_surface_t* picture) {
  impl_->write_picture(picture);
}
void MovieWriter::write_sound(std::span<const float> samples) {
  impl_->write_sound(samples);
}
void MovieWriter::finish() {
  impl_->finish();
}

}  // namespace attune::scene
