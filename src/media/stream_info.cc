#include "media/stream_info.h"

#include <new>

#include "media/libav.h"
#include "media/orientation.h"

namespace attune::media {
namespace {

StreamKind kind_of(AVMediaType type) {
  if (type == AVMEDIA_TYPE_AUDIO) return StreamKind::kAudio;
  if (type == AVMEDIA_TYPE_VIDEO) return StreamKind::kVideo;
  return StreamKind::kOther;
}

std::string metadata(const AVStream& stream, const char* key) {
  const AVDictionaryEntry* entry = av_dict_get(stream.metadata, key, nullptr, 0);
  const std::string value = entry != nullptr ? entry->value : "";
  return value == "und" ? "" : value;
}

Orientation read_orientation(AVStream& stream) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  const AVPacketSideData* side =
      av_packet_side_data_get(stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX);
  if (side != nullptr) {
    data = side->data;
    size = side->size;
  }
#else
  data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
  if (data == nullptr || size < 9 * sizeof(std::int32_t)) return {};
  return orientation_of(reinterpret_cast<const std::int32_t*>(data));
}

std::shared_ptr<const AVCodecParameters> copy_parameters(const AVCodecParameters& source) {
  std::shared_ptr<AVCodecParameters> copy(
      avcodec_parameters_alloc(), [](AVCodecParameters* p) { avcodec_parameters_free(&p); });
  if (!copy) throw std::bad_alloc();
  check(avcodec_parameters_copy(copy.get(), &source), "copying codec parameters");
  return copy;
}

void read_audio(const AVCodecParameters& parameters, StreamInfo& info) {
  info.channels = parameters.ch_layout.nb_channels;
  info.sample_rate_hz = parameters.sample_rate;
  // Where only the number of channels is told, the usual layout of so many is meant.
  AVChannelLayout layout{};
  if (parameters.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&layout, info.channels);
  } else {
    check(av_channel_layout_copy(&layout, &parameters.ch_layout), "channel layout");
  }
  char text[128] = {};
  if (av_channel_layout_describe(&layout, text, sizeof text) > 0) info.channel_layout = text;
  av_channel_layout_uninit(&layout);
}

void read_video(AVFormatContext& format, AVStream& stream, StreamInfo& info) {
  info.stored_width = stream.codecpar->width;
  info.stored_height = stream.codecpar->height;
  const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate
                                                        : av_guess_frame_rate(&format, &stream, {});
  info.frame_rate = {rate.num, rate.den};
  const AVRational aspect = av_guess_sample_aspect_ratio(&format, &stream, nullptr);
  info.pixel_aspect = {aspect.num, aspect.den};
  const Orientation orientation = read_orientation(stream);
  info.rotation_degrees = orientation.rotation_degrees;
  info.is_mirrored = orientation.is_mirrored;
  const PictureSize size =
      upright_size({info.stored_width, info.stored_height}, info.pixel_aspect, orientation);
  info.width = size.width;
  info.height = size.height;
}

}  // namespace

StreamInfo read_stream_info(AVFormatContext& format, AVStream& stream,
                            const std::string& location) {
  const AVCodecParameters& parameters = *stream.codecpar;
  StreamInfo info;
  info.location = location;
  info.index = stream.index;
  info.kind = kind_of(parameters.codec_type);
  info.codec = avcodec_get_name(parameters.codec_id);
  info.language = metadata(stream, "language");
  info.title = metadata(stream, "title");
  info.is_default = (stream.disposition & AV_DISPOSITION_DEFAULT) != 0;
  info.is_still_picture =
      (stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0;
  info.is_decodable = avcodec_find_decoder(parameters.codec_id) != nullptr;
  info.time_base = {stream.time_base.num, stream.time_base.den};
  if (stream.start_time != AV_NOPTS_VALUE) {
    info.start_time = to_timestamp(stream.start_time, info.time_base);
  }
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0) {
    info.duration = to_timestamp(stream.duration, info.time_base);
  }
  info.parameters = copy_parameters(parameters);
  if (info.kind == StreamKind::kAudio) read_audio(parameters, info);
  if (info.kind == StreamKind::kVideo) read_video(format, stream, info);
  return info;
}

}  // namespace attune::media
