#include "media/caption_burner.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.h"
#include "media/container_reader.h"
#include "media/container_writer.h"
#include "media/libav.h"
#include "media/picture_overlay.h"
#include "media/picture_preparer.h"
#include "media/stream_copy.h"
#include "media/text_renderer.h"
#include "media/video_decoder.h"

namespace attune::media {
namespace {

StreamInfo picture_stream(const ContainerReader& reader) {
  PictureStream picture = reader.picture();
  if (!picture.stream)
    throw Error(ErrorKind::kInput,
                reader.path() + " has no picture to draw captions into: " + picture.why_none);
  return *std::move(picture.stream);
}

/// Which texts are on display, and how they look; drawn anew only when they change.
class CaptionLayer {
 public:
  explicit CaptionLayer(const BurnIn& what) : what_(what), order_(what.texts.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return what_.texts[i].span.start; });
  }

  /// Blends what is shown at `time`, from the start of the recording, into a picture. Times never
  /// go back.
  void draw(AVFrame& frame, const VideoFrame& decoded, Duration time) {
    if (!update_shown(time) && is_drawn_for(decoded)) {
      overlay_.blend(frame);
      return;
    }
    redraw(frame, decoded);
    overlay_.blend(frame);
  }

 private:
  /// Whether what is shown changes.
  bool update_shown(Duration time) {
    const auto before = shown_.size();
    std::erase_if(shown_, [&](std::size_t i) { return what_.texts[i].span.end <= time; });
    bool changes = shown_.size() != before;
    for (; next_ < order_.size() && what_.texts[order_[next_]].span.start <= time; ++next_) {
      if (what_.texts[order_[next_]].span.end <= time) continue;
      shown_.push_back(order_[next_]);
      changes = true;
    }
    return changes;
  }

  bool is_drawn_for(const VideoFrame& decoded) const {
    return size_.width == decoded.picture->width && size_.height == decoded.picture->height &&
           orientation_.rotation_degrees == decoded.rotation_degrees &&
           orientation_.is_mirrored == decoded.is_mirrored;
  }

  void redraw(const AVFrame& frame, const VideoFrame& decoded) {
    if (!renderer_ || !is_drawn_for(decoded)) {
      size_ = {decoded.picture->width, decoded.picture->height};
      orientation_ = {decoded.rotation_degrees, decoded.is_mirrored};
      const bool swaps = orientation_.swaps_sides();
      const int width = swaps ? size_.height : size_.width;
      const int height = swaps ? size_.width : size_.height;
      // Upright pixels are stretched by the shape that the picture is shown in.
      const double pixel_aspect = static_cast<double>(decoded.width) * height /
                                  (static_cast<double>(decoded.height) * width);
      renderer_.emplace(what_.script_header, width, height, pixel_aspect);
    }
    std::vector<std::string> texts;
    for (const std::size_t i : shown_) texts.push_back(what_.texts[i].text);
    overlay_ = PictureOverlay(renderer_->draw(texts), size_, orientation_, ColorCoding::of(frame));
  }

  const BurnIn& what_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
  std::vector<std::size_t> shown_;
  std::optional<TextRenderer> renderer_;
  PictureSize size_;
  Orientation orientation_;
  PictureOverlay overlay_;
};

/// Side data of the stream that still holds for pictures encoded anew: how to turn them.
void keep_only_orientation(AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  AVCodecParameters& parameters = *stream.codecpar;
  for (int i = parameters.nb_coded_side_data - 1; i >= 0; --i) {
    const AVPacketSideDataType type = parameters.coded_side_data[i].type;
    if (type == AV_PKT_DATA_DISPLAYMATRIX) continue;
    av_packet_side_data_remove(parameters.coded_side_data, &parameters.nb_coded_side_data, type);
  }
#else
  static_cast<void>(stream);
#endif
}

/// Codec parameters of the encoder, with the display matrix of the source.
void describe(const VideoEncoder& encoder, AVStream& stream) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 100)
  AVCodecParameters& parameters = *stream.codecpar;
  AVPacketSideData* side_data = std::exchange(parameters.coded_side_data, nullptr);
  const int count = std::exchange(parameters.nb_coded_side_data, 0);
  encoder.describe(parameters);
  av_packet_side_data_free(&parameters.coded_side_data, &parameters.nb_coded_side_data);
  parameters.coded_side_data = side_data;
  parameters.nb_coded_side_data = count;
#else
  encoder.describe(*stream.codecpar);
#endif
  keep_only_orientation(stream);
  stream.codecpar->codec_tag = 0;
  stream.time_base = {encoder.time_base().num, encoder.time_base().den};
}

class Burner {
 public:
  Burner(const std::string& source, const std::filesystem::path& target, const std::string& format,
         const BurnIn& what, const CopyWatch& watch)
      : what_(what),
        watch_(watch),
        reader_(source, watch.stop),
        stream_(picture_stream(reader_)),
        writer_(target, format),
        copy_(reader_, writer_, stream_.index),
        decoder_(stream_, {.threads = static_cast<int>(
                               std::clamp(std::thread::hardware_concurrency(), 1U, 16U))}),
        layer_(what_) {}

  void run() {
    const PacketHandle packet = make_packet();
    while (reader_.read(*packet)) {
      if (packet->stream_index == stream_.index) {
        decoder_.decode(*packet, [&](VideoFrame frame) { take(frame); });
        av_packet_unref(packet.get());
      } else if (encoder_) {
        copy_.write(*packet);
      } else {
        hold(*packet);
      }
    }
    decoder_.flush([&](VideoFrame frame) { take(frame); });
    if (!encoder_) throw Error(ErrorKind::kInput, reader_.path() + ": no picture can be decoded");
    encoder_->flush([&](AVPacket& encoded) { write(encoded); });
    writer_.finish();
  }

 private:
  /// Packets before the first picture wait until its size is known and the header written.
  void hold(AVPacket& packet) {
    PacketHandle held = make_packet();
    av_packet_move_ref(held.get(), &packet);
    held_.push_back(std::move(held));
    constexpr std::size_t kMostHeld = 20'000;
    if (held_.size() > kMostHeld)
      throw Error(ErrorKind::kInput, reader_.path() + ": no picture can be decoded");
  }

  void start(const AVFrame& first) {
    encoder_.emplace(first, stream_.time_base, stream_.frame_rate, stream_.pixel_aspect,
                     *writer_.format().oformat, what_.encoder);
    AVStream& stream = *writer_.format().streams[copy_.target_stream(stream_.index)];
    describe(*encoder_, stream);
    writer_.begin();
    for (const PacketHandle& packet : held_) copy_.write(*packet);
    held_.clear();
  }

  void take(const VideoFrame& decoded) {
    const FrameHandle frame = preparer_.prepare(*decoded.picture);
    frame->pts = av_rescale_q(decoded.span.start.count(), AVRational{1, 1'000'000'000},
                              AVRational{stream_.time_base.num, stream_.time_base.den});
    if (!encoder_) start(*frame);
    require_same_size(*frame);
    const Duration time = decoded.span.start - reader_.start_time();
    layer_.draw(*frame, decoded, time);
    encoder_->encode(*frame, decoded.span.duration(), [&](AVPacket& encoded) { write(encoded); });
    if (watch_.on_progress) watch_.on_progress(time, reader_.duration().value_or(Duration::zero()));
  }

  void require_same_size(const AVFrame& frame) {
    if (size_.width == 0) size_ = {frame.width, frame.height};
    if (size_.width == frame.width && size_.height == frame.height) return;
    throw Error(ErrorKind::kInput,
                reader_.path() +
                    ": the size of the picture changes within the recording; captions "
                    "can be put in as a track, not into the picture");
  }

  void write(AVPacket& encoded) {
    encoded.stream_index = copy_.target_stream(stream_.index);
    writer_.write(encoded, encoder_->time_base());
  }

  const BurnIn& what_;
  const CopyWatch& watch_;
  ContainerReader reader_;
  StreamInfo stream_;
  ContainerWriter writer_;
  StreamCopy copy_;
  VideoDecoder decoder_;
  CaptionLayer layer_;
  PicturePreparer preparer_;
  std::optional<VideoEncoder> encoder_;
  std::vector<PacketHandle> held_;
  PictureSize size_;
};

}  // namespace

double shown_aspect(const std::string& source) {
  const ContainerReader reader(source);
  const StreamInfo stream = picture_stream(reader);
  return static_cast<double>(stream.width) / stream.height;
}

void burn_in(const std::string& source, const std::filesystem::path& target,
             const std::string& format, const BurnIn& what, const CopyWatch& watch) {
  Burner(source, target, format, what, watch).run();
}

}  // namespace attune::media
