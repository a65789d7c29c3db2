#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

struct AVIOContext;

namespace attune::media {

/// Reads on behalf of FFmpeg from one of its own connections and shows what comes. Not thread-safe.
class TappedStream {
 public:
  using Tap = std::function<void(const std::uint8_t* data, std::size_t size)>;

  /// Takes over `inner`, which it closes. Throws std::bad_alloc.
  TappedStream(AVIOContext* inner, Tap tap);
  ~TappedStream();
  TappedStream(const TappedStream&) = delete;
  TappedStream& operator=(const TappedStream&) = delete;

  AVIOContext* context() const { return outer_; }

 private:
  static int read(void* self, unsigned char* buffer, int size);

  AVIOContext* inner_;
  AVIOContext* outer_ = nullptr;
  Tap tap_;
};

}  // namespace attune::media
