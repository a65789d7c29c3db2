#include "media/track_muxer.h"

#include <cstring>
#include <new>

#include "media/container_reader.h"
#include "media/container_writer.h"
#include "media/libav.h"
#include "media/orientation.h"
#include "media/stream_copy.h"

namespace attune::media {
namespace {

/// Size of the picture that the text lies over; of a usual one where there is none.
PictureSize picture_size(const ContainerReader& source) {
  const std::optional<StreamInfo> picture = source.picture().stream;
  return picture ? PictureSize{picture->width, picture->height} : PictureSize{1280, 720};
}

void describe_timed_text(AVCodecParameters& parameters, PictureSize size) {
  const std::string description = timed_text_description(size.width, size.height);
  // QuickTime's own text would be the muxer's choice in .mov files.
  parameters.codec_tag = MKTAG('t', 'x', '3', 'g');
  parameters.width = size.width;
  parameters.height = size.height;
  parameters.extradata =
      static_cast<std::uint8_t*>(av_mallocz(description.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters.extradata == nullptr) throw std::bad_alloc();
  std::memcpy(parameters.extradata, description.data(), description.size());
  parameters.extradata_size = static_cast<int>(description.size());
}

AVStream& add_text_stream(const ContainerReader& source, ContainerWriter& target,
                          const SubtitleTrack& track) {
  for (unsigned i = 0; i < target.format().nb_streams; ++i) {
    AVStream& other = *target.format().streams[i];
    if (other.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE)
      other.disposition &= ~AV_DISPOSITION_DEFAULT;
  }
  AVStream& stream = target.add_stream();
  stream.codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
  stream.codecpar->codec_id = avcodec_descriptor_get_by_name(name(track.codec).c_str())->id;
  if (track.codec == SubtitleCodec::kMovText)
    describe_timed_text(*stream.codecpar, picture_size(source));
  stream.time_base = {kSubtitleTimeBase.num, kSubtitleTimeBase.den};
  // FFmpeg's muxer of MP4 compares the ticks of this track with those of others, whatever they are
  // worth, and where they are fewer adds empty samples of its own.
  if (track.codec == SubtitleCodec::kMovText) stream.time_base = {1, 100'000};
  stream.disposition = AV_DISPOSITION_DEFAULT;
  if (!track.language.empty()) av_dict_set(&stream.metadata, "language", track.language.c_str(), 0);
  if (!track.title.empty()) {
    av_dict_set(&stream.metadata, "title", track.title.c_str(), 0);
    // What players of MP4 files show.
    av_dict_set(&stream.metadata, "handler_name", track.title.c_str(), 0);
  }
  return stream;
}

/// Gives out cues when the recording has come to them, so that they lie near their sound in the
/// file.
class CueFeed {
 public:
  CueFeed(std::vector<PacketHandle> cues, Timestamp start, int stream, ContainerWriter& target)
      : cues_(std::move(cues)), target_(target) {
    const std::int64_t shift = std::chrono::round<std::chrono::milliseconds>(start).count();
    for (PacketHandle& cue : cues_) {
      cue->pts += shift;
      cue->dts = cue->pts;
      cue->stream_index = stream;
    }
  }

  void write_until(Timestamp time) {
    while (next_ < cues_.size() && to_timestamp(cues_[next_]->pts, kSubtitleTimeBase) <= time)
      target_.write(*cues_[next_++], kSubtitleTimeBase);
  }
  void write_rest() { write_until(Timestamp::max()); }

 private:
  std::vector<PacketHandle> cues_;
  std::size_t next_ = 0;
  ContainerWriter& target_;
};

}  // namespace

void mux_subtitle_track(const std::string& source, const std::filesystem::path& target,
                        const std::string& format, const SubtitleTrack& track,
                        const CopyWatch& watch) {
  std::vector<PacketHandle> cues = subtitle_packets(track);
  ContainerReader reader(source, watch.stop);
  ContainerWriter writer(target, format);
  StreamCopy copy(reader, writer);
  const int text_stream = add_text_stream(reader, writer, track).index;
  writer.begin();

  const Timestamp start = reader.start_time();
  const Duration total = reader.duration().value_or(Duration::zero());
  CueFeed feed(std::move(cues), start, text_stream, writer);
  const PacketHandle packet = make_packet();
  while (reader.read(*packet)) {
    const AVStream& stream = *reader.format().streams[packet->stream_index];
    if (packet->dts != AV_NOPTS_VALUE) {
      const Timestamp time =
          to_timestamp(packet->dts, {stream.time_base.num, stream.time_base.den});
      feed.write_until(time);
      if (watch.on_progress) watch.on_progress(time - start, total);
    }
    copy.write(*packet);
  }
  feed.write_rest();
  writer.finish();
}

}  // namespace attune::media
