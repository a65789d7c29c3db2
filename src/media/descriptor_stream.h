#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/descriptor.h"

struct AVIOContext;

namespace attune::media {

/// What comes through a pipe, as FFmpeg reads it. FFmpeg's own reading of pipes cannot be
/// interrupted while nothing comes. Not thread-safe.
class DescriptorStream {
 public:
  /// `is_interrupted` is asked several times a second while nothing comes. Takes over the
  /// descriptor. Throws std::bad_alloc.
  DescriptorStream(std::unique_ptr<Descriptor> descriptor, std::function<bool()> is_interrupted);
  ~DescriptorStream();
  DescriptorStream(const DescriptorStream&) = delete;
  DescriptorStream& operator=(const DescriptorStream&) = delete;

  AVIOContext* context() const { return context_; }

 private:
  static int read(void* self, unsigned char* buffer, int size);

  std::unique_ptr<Descriptor> descriptor_;
  std::function<bool()> is_interrupted_;
  AVIOContext* context_ = nullptr;
};

/// A second descriptor of one that is open (the standard input, say), or of a named pipe. Opening a
/// named pipe does not wait for the other end. Throws Error(kInput).
std::unique_ptr<Descriptor> duplicate(int descriptor);
std::unique_ptr<Descriptor> open_named_pipe(const std::string& path);

}  // namespace attune::media
