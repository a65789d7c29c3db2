#include "media/descriptor_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

constexpr int kBufferBytes = 1 << 16;
constexpr int kPollMilliseconds = 100;

std::unique_ptr<Descriptor> opened(int value, const std::string& what) {
  if (value >= 0) return std::make_unique<Descriptor>(value);
  throw Error(ErrorKind::kInput, what + " cannot be opened: " + std::strerror(errno));
}

}  // namespace

DescriptorStream::DescriptorStream(std::unique_ptr<Descriptor> descriptor,
                                   std::function<bool()> is_interrupted)
    : descriptor_(std::move(descriptor)), is_interrupted_(std::move(is_interrupted)) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
  if (buffer == nullptr) throw std::bad_alloc();
  context_ = avio_alloc_context(buffer, kBufferBytes, 0, this, read, nullptr, nullptr);
  if (context_ == nullptr) {
    av_free(buffer);
    throw std::bad_alloc();
  }
}

DescriptorStream::~DescriptorStream() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int DescriptorStream::read(void* self, unsigned char* buffer, int size) {
  auto& stream = *static_cast<DescriptorStream*>(self);
  for (;;) {
    if (stream.is_interrupted_()) return AVERROR_EXIT;
    pollfd wanted{stream.descriptor_->get(), POLLIN, 0};
    const int ready = poll(&wanted, 1, kPollMilliseconds);
    if (ready < 0 && errno != EINTR) return AVERROR(errno);
    if (ready <= 0) continue;
    const ssize_t got = ::read(stream.descriptor_->get(), buffer, static_cast<std::size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
}

std::unique_ptr<Descriptor> duplicate(int descriptor) {
  return opened(fcntl(descriptor, F_DUPFD_CLOEXEC, 0), "pipe:" + std::to_string(descriptor));
}

std::unique_ptr<Descriptor> open_named_pipe(const std::string& path) {
  return opened(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), path);
}

}  // namespace attune::media
