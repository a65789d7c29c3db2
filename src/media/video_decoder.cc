#include "media/video_decoder.h"

#include "media/libav.h"
#include "media/orientation.h"

namespace attune::media {
namespace {

std::int64_t duration_ticks(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

}  // namespace

VideoDecoder::VideoDecoder(const StreamInfo& stream, CodecOptions options)
    : stream_(stream), decoder_(stream, options) {}

VideoStatistics VideoDecoder::statistics() const {
  return {decoder_.damaged_packets(), decoder_.damaged_frames(), out_of_order_frames_};
}

void VideoDecoder::decode(const AVPacket& packet, const Sink& sink) {
  decoder_.decode(packet, [&](AVFrame& frame) { take(frame, sink); });
}

void VideoDecoder::flush(const Sink& sink) {
  decoder_.flush([&](AVFrame& frame) { take(frame, sink); });
  if (pending_) sink(std::move(*pending_));
  pending_.reset();
}

Duration VideoDecoder::duration_of(const AVFrame& frame) const {
  if (duration_ticks(frame) > 0) return to_timestamp(duration_ticks(frame), stream_.time_base);
  if (stream_.frame_rate.known()) return from_seconds(1 / stream_.frame_rate.value());
  return kTokenPeriod;
}

VideoFrame VideoDecoder::make_frame_of(AVFrame& frame, Timestamp start) const {
  VideoFrame result;
  result.span = {start, start + duration_of(frame)};
  Orientation orientation{stream_.rotation_degrees, stream_.is_mirrored};
  const AVFrameSideData* matrix = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (matrix != nullptr && matrix->size >= 9 * sizeof(std::int32_t)) {
    orientation = orientation_of(reinterpret_cast<const std::int32_t*>(matrix->data));
  }
  const Ratio in_picture{frame.sample_aspect_ratio.num, frame.sample_aspect_ratio.den};
  const Ratio pixel_aspect = stream_.pixel_aspect.known() ? stream_.pixel_aspect : in_picture;
  const PictureSize size = upright_size({frame.width, frame.height}, pixel_aspect, orientation);
  result.width = size.width;
  result.height = size.height;
  result.rotation_degrees = orientation.rotation_degrees;
  result.is_mirrored = orientation.is_mirrored;
  FrameHandle owned = make_frame();
  av_frame_move_ref(owned.get(), &frame);
  result.picture = std::move(owned);
  return result;
}

void VideoDecoder::take(AVFrame& frame, const Sink& sink) {
  if (frame.width <= 0 || frame.height <= 0) return;
  Timestamp start = pending_ ? pending_->span.end : Timestamp{};
  if (frame.best_effort_timestamp != AV_NOPTS_VALUE) {
    start = to_timestamp(frame.best_effort_timestamp, stream_.time_base);
  } else if (!pending_ && stream_.start_time) {
    // Before the first time of a stream that has times, nothing says where a picture belongs.
    ++out_of_order_frames_;
    return;
  }
  if (pending_ && start <= pending_->span.start) {
    ++out_of_order_frames_;
    return;
  }
  VideoFrame next = make_frame_of(frame, start);
  if (pending_) {
    pending_->span.end = start;
    sink(std::move(*pending_));
  }
  pending_ = std::move(next);
}

}  // namespace attune::media
