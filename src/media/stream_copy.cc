#include "media/stream_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "core/error.h"
#include "core/log.h"
#include "media/libav.h"

namespace attune::media {
namespace {

bool is_cover(const AVStream& stream) {
  return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
}

bool is_matroska(const AVFormatContext& format) {
  const std::string_view name = format.oformat->name;
  return name == "matroska" || name == "webm";
}

std::string describe(const AVStream& stream) {
  const char* type = av_get_media_type_string(stream.codecpar->codec_type);
  return fmt::format("track {} ({}, {})", stream.index + 1, type != nullptr ? type : "unknown",
                     avcodec_get_name(stream.codecpar->codec_id));
}

/// Tracks without meaning outside their container: they are nobody's sound, picture or text.
bool may_be_left_out(const AVStream& stream) {
  const AVMediaType type = stream.codecpar->codec_type;
  return type == AVMEDIA_TYPE_DATA || type == AVMEDIA_TYPE_UNKNOWN ||
         type == AVMEDIA_TYPE_ATTACHMENT || is_cover(stream);
}

bool has_place(const AVFormatContext& target, const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  if (parameters.codec_type == AVMEDIA_TYPE_ATTACHMENT)
    return std::string_view(target.oformat->name) == "matroska";
  if (parameters.codec_type == AVMEDIA_TYPE_UNKNOWN) return false;
  if (parameters.codec_type == AVMEDIA_TYPE_DATA) {
    // Of the data tracks, muxers of MP4 write the telemetry of cameras.
    return parameters.codec_tag == MKTAG('g', 'p', 'm', 'd') &&
           std::string_view(target.oformat->name) == "mp4";
  }
  if (is_cover(stream) && is_matroska(target))
    return std::string_view(target.oformat->name) == "matroska";
  return avformat_query_codec(target.oformat, parameters.codec_id, FF_COMPLIANCE_NORMAL) != 0;
}

void copy_side_data(const AVStream& from, AVStream& to) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  // Part of the codec parameters.
  static_cast<void>(from);
  static_cast<void>(to);
#else
  for (int i = 0; i < from.nb_side_data; ++i) {
    const AVPacketSideData& side = from.side_data[i];
    std::uint8_t* copy = av_stream_new_side_data(&to, side.type, side.size);
    if (copy == nullptr) throw std::bad_alloc();
    std::memcpy(copy, side.data, side.size);
  }
#endif
}

/// The four letters that name the codec, where the new container knows them; for H.265 they say
/// whether players take it.
std::uint32_t codec_tag(const AVFormatContext& target, const AVCodecParameters& parameters) {
  const AVCodecTag* const* known = target.oformat->codec_tag;
  std::uint32_t usual = 0;
  const bool is_usable = known == nullptr ||
                         av_codec_get_id(known, parameters.codec_tag) == parameters.codec_id ||
                         av_codec_get_tag2(known, parameters.codec_id, &usual) == 0;
  return is_usable ? parameters.codec_tag : 0;
}

void copy_dictionary(AVDictionary*& to, const AVDictionary* from) {
  check(av_dict_copy(&to, from, 0), "metadata");
}

/// Pictures of the cover, which the demuxer of Matroska gives as video, are attachments there.
void make_attachment(AVStream& to, const AVStream& cover) {
  to.codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
  to.disposition = 0;
  av_freep(&to.codecpar->extradata);
  const auto size = static_cast<std::size_t>(cover.attached_pic.size);
  to.codecpar->extradata =
      static_cast<std::uint8_t*>(av_mallocz(size + AV_INPUT_BUFFER_PADDING_SIZE));
  if (to.codecpar->extradata == nullptr) throw std::bad_alloc();
  std::memcpy(to.codecpar->extradata, cover.attached_pic.data, size);
  to.codecpar->extradata_size = cover.attached_pic.size;
  const bool is_png = cover.codecpar->codec_id == AV_CODEC_ID_PNG;
  av_dict_set(&to.metadata, "mimetype", is_png ? "image/png" : "image/jpeg",
              AV_DICT_DONT_OVERWRITE);
  av_dict_set(&to.metadata, "filename", is_png ? "cover.png" : "cover.jpg", AV_DICT_DONT_OVERWRITE);
}

void copy_stream(const AVFormatContext& target, const AVStream& from, AVStream& to) {
  check(avcodec_parameters_copy(to.codecpar, from.codecpar), "codec parameters");
  to.codecpar->codec_tag = codec_tag(target, *from.codecpar);
  to.time_base = from.time_base;
  to.avg_frame_rate = from.avg_frame_rate;
  to.r_frame_rate = from.r_frame_rate;
  to.sample_aspect_ratio = from.sample_aspect_ratio;
  to.disposition = from.disposition;
  copy_dictionary(to.metadata, from.metadata);
  copy_side_data(from, to);
  if (is_cover(from) && is_matroska(target)) make_attachment(to, from);
}

void copy_chapters(const AVFormatContext& from, AVFormatContext& to) {
  if (from.nb_chapters == 0) return;
  to.chapters = static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(AVChapter*)));
  if (to.chapters == nullptr) throw std::bad_alloc();
  for (unsigned i = 0; i < from.nb_chapters; ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) throw std::bad_alloc();
    to.chapters[to.nb_chapters++] = chapter;
    *chapter = *from.chapters[i];
    chapter->metadata = nullptr;
    copy_dictionary(chapter->metadata, from.chapters[i]->metadata);
  }
}

/// Notes of the old container about itself; the new one writes its own.
void remove_brands(AVDictionary*& metadata) {
  for (const char* key : {"major_brand", "minor_version", "compatible_brands", "encoder"})
    av_dict_set(&metadata, key, nullptr, 0);
}

}  // namespace

StreamCopy::StreamCopy(const ContainerReader& source, ContainerWriter& target,
                       std::optional<int> replaced)
    : source_(source), target_(target) {
  add_streams(replaced);
  copy_dictionary(target.format().metadata, source.format().metadata);
  remove_brands(target.format().metadata);
  copy_chapters(source.format(), target.format());
}

void StreamCopy::add_streams(std::optional<int> replaced) {
  const AVFormatContext& from = source_.format();
  const AVFormatContext& to = target_.format();
  streams_.resize(from.nb_streams);
  for (int i = 0; i < static_cast<int>(from.nb_streams); ++i) {
    const AVStream& stream = *from.streams[i];
    Copied& copied = streams_[static_cast<std::size_t>(i)];
    copied.is_replaced = replaced == i;
    if (source_.is_internal(i)) continue;
    if (!copied.is_replaced && !has_place(to, stream)) {
      const std::string what = fmt::format("{}: {} has no place in a {} file", source_.path(),
                                           describe(stream), to.oformat->name);
      if (!may_be_left_out(stream)) throw Error(ErrorKind::kUsage, what + "; write an .mkv file");
      log()->warn("{}; it is left out", what);
      continue;
    }
    AVStream& added = target_.add_stream();
    copied.target = added.index;
    copy_stream(to, stream, added);
  }
}

int StreamCopy::target_stream(int source_stream) const {
  return streams_[static_cast<std::size_t>(source_stream)].target;
}

/// Muxers want both times, and decoding times that rise.
void StreamCopy::fix_times(AVPacket& packet, Copied& stream) const {
  const AVStream& source = *source_.format().streams[packet.stream_index];
  const std::int64_t next = stream.last_dts ? *stream.last_dts + stream.last_duration : 0;
  if (packet.dts == AV_NOPTS_VALUE) {
    std::int64_t start = packet.pts != AV_NOPTS_VALUE ? packet.pts : 0;
    if (source.codecpar->video_delay > 0) start -= source.codecpar->video_delay * packet.duration;
    packet.dts = stream.last_dts ? next : start;
    if (packet.pts != AV_NOPTS_VALUE) packet.dts = std::min(packet.dts, packet.pts);
  }
  if (stream.last_dts && packet.dts <= *stream.last_dts) {
    const bool may_equal = (target_.format().oformat->flags & AVFMT_TS_NONSTRICT) != 0;
    packet.dts = std::max(packet.dts, *stream.last_dts + (may_equal ? 0 : 1));
  }
  if (packet.pts == AV_NOPTS_VALUE || packet.pts < packet.dts) packet.pts = packet.dts;
  stream.last_dts = packet.dts;
  stream.last_duration = std::max<std::int64_t>(packet.duration, 1);
}

void StreamCopy::write(AVPacket& packet) {
  const auto index = static_cast<std::size_t>(packet.stream_index);
  const bool is_known = index < streams_.size();
  const bool is_attached = is_known && streams_[index].target >= 0 &&
                           target_.format().streams[streams_[index].target]->codecpar->codec_type ==
                               AVMEDIA_TYPE_ATTACHMENT;
  if (!is_known || streams_[index].target < 0 || streams_[index].is_replaced || is_attached) {
    av_packet_unref(&packet);
    return;
  }
  fix_times(packet, streams_[index]);
  const AVRational time_base = source_.format().streams[index]->time_base;
  packet.stream_index = streams_[index].target;
  target_.write(packet, {time_base.num, time_base.den});
}

}  // namespace attune::media
