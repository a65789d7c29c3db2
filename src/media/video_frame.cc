#include "media/video_frame.h"

#include "media/libav.h"

namespace attune::media {

std::size_t VideoFrame::bytes() const {
  std::size_t total = sizeof(VideoFrame);
  if (!picture) return total;
  for (const AVBufferRef* buffer : picture->buf) {
    if (buffer != nullptr) total += buffer->size;
  }
  return total;
}

}  // namespace attune::media
