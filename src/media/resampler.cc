#include "media/resampler.h"

#include "media/audio_chunk.h"
#include "media/libav.h"

namespace attune::media {

bool Resampler::accepts(const AVFrame& frame) const {
  return context_ && like_->format == frame.format && like_->sample_rate == frame.sample_rate &&
         av_channel_layout_compare(&like_->ch_layout, &frame.ch_layout) == 0;
}

void Resampler::start(const AVFrame& frame) {
  like_ = make_frame();
  like_->format = frame.format;
  like_->sample_rate = frame.sample_rate;
  check(av_channel_layout_copy(&like_->ch_layout, &frame.ch_layout), "channel layout");

  // Some files tell the number of channels only; the mix needs to know which is which.
  AVChannelLayout input{};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&input, frame.ch_layout.nb_channels);
  } else {
    check(av_channel_layout_copy(&input, &frame.ch_layout), "channel layout");
  }
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext* raw = nullptr;
  const int made =
      swr_alloc_set_opts2(&raw, &mono, AV_SAMPLE_FMT_FLT, kSampleRateHz, &input,
                          static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
  context_.reset(raw);
  av_channel_layout_uninit(&input);
  check(made, "sound format");
  // For floating point output swresample would otherwise let the sum of channels exceed 1.
  check(av_opt_set_double(raw, "rematrix_maxval", 1.0, 0), "down-mix level");
  check(swr_init(raw), "sound format cannot be converted");
}

void Resampler::convert_planes(const std::uint8_t** planes, int count, std::vector<float>& out) {
  const int room = swr_get_out_samples(context_.get(), count);
  if (room <= 0) return;
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(room));
  auto* destination = reinterpret_cast<std::uint8_t*>(out.data() + before);
  const int made =
      check(swr_convert(context_.get(), &destination, room, planes, count), "converting sound");
  out.resize(before + static_cast<std::size_t>(made));
}

void Resampler::convert(const AVFrame& frame, std::vector<float>& out) {
  convert_planes(const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples, out);
}

void Resampler::drain(std::vector<float>& out) {
  if (context_) convert_planes(nullptr, 0, out);
  context_.reset();
}

}  // namespace attune::media
