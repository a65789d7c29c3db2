#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "media/av.h"

struct AVStream;

namespace attune::media {

/// Writes a media file with FFmpeg: add streams, begin(), write() packets, finish(). The same
/// packets give the same bytes. A file that is not finished is no media file; who names it removes
/// it (OutputFiles). Not thread-safe.
class ContainerWriter {
 public:
  /// `format` is FFmpeg's name of the container. Throws Error(kUsage) when FFmpeg cannot write it,
  /// Error(kOutput) when the file cannot be created.
  ContainerWriter(const std::filesystem::path& path, const std::string& format);
  ~ContainerWriter();
  ContainerWriter(const ContainerWriter&) = delete;
  ContainerWriter& operator=(const ContainerWriter&) = delete;

  AVFormatContext& format() const { return *format_; }

  /// A new stream to fill in, owned by the container. Throws std::bad_alloc.
  AVStream& add_stream();

  /// Writes the header. Time bases of the streams are final afterwards. Throws Error(kOutput).
  void begin();

  /// Takes the packet's content; its times are in `time_base`. Packets of one stream come in order
  /// of decoding time; streams are interleaved here. Throws Error(kOutput).
  void write(AVPacket& packet, Ratio time_base);

  /// Writes what is held back and the index, and closes the file. Throws Error(kOutput).
  void finish();

 private:
  struct Close {
    void operator()(AVFormatContext* format) const;
  };

  [[noreturn]] void fail(int code) const;

  /// As users know it, for messages: not the temporary one.
  std::string path_;
  std::unique_ptr<AVFormatContext, Close> format_;
};

}  // namespace attune::media
