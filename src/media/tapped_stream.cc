#include "media/tapped_stream.h"

#include <new>
#include <utility>

#include "media/libav.h"

namespace attune::media {
namespace {

constexpr int kBufferBytes = 1 << 15;

}  // namespace

TappedStream::TappedStream(AVIOContext* inner, Tap tap) : inner_(inner), tap_(std::move(tap)) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  if (buffer != nullptr)
    outer_ = avio_alloc_context(buffer, kBufferBytes, 0, this, read, nullptr, nullptr);
  if (outer_ != nullptr) return;
  av_free(buffer);
  avio_closep(&inner_);
  throw std::bad_alloc();
}

TappedStream::~TappedStream() {
  av_freep(&outer_->buffer);
  avio_context_free(&outer_);
  avio_closep(&inner_);
}

int TappedStream::read(void* self, unsigned char* buffer, int size) {
  auto& stream = *static_cast<TappedStream*>(self);
  const int got = avio_read_partial(stream.inner_, buffer, size);
  if (got > 0) stream.tap_(buffer, static_cast<std::size_t>(got));
  return got == 0 ? AVERROR_EOF : got;
}

}  // namespace attune::media
