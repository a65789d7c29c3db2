#include "media/container_writer.h"

#include <new>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {

void ContainerWriter::Close::operator()(AVFormatContext* format) const {
  avio_closep(&format->pb);
  avformat_free_context(format);
}

ContainerWriter::ContainerWriter(const std::filesystem::path& path, const std::string& format)
    : path_(path.string()) {
  forward_av_log();
  AVFormatContext* context = nullptr;
  const std::string url = "file:" + path_;
  const int code = avformat_alloc_output_context2(&context, nullptr, format.c_str(), url.c_str());
  if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (code < 0) {
    throw Error(ErrorKind::kUsage, "the installed FFmpeg cannot write " + format + " files");
  }
  format_.reset(context);
  // Without the date and random identifiers.
  format_->flags |= AVFMT_FLAG_BITEXACT;
  const int opened = avio_open(&format_->pb, url.c_str(), AVIO_FLAG_WRITE);
  if (opened < 0) fail(opened);
}

ContainerWriter::~ContainerWriter() = default;

void ContainerWriter::fail(int code) const {
  throw Error(ErrorKind::kOutput, path_ + " cannot be written: " + av_error_text(code));
}

AVStream& ContainerWriter::add_stream() {
  AVStream* stream = avformat_new_stream(format_.get(), nullptr);
  if (stream == nullptr) throw std::bad_alloc();
  return *stream;
}

void ContainerWriter::begin() {
  AVDictionary* options = nullptr;
  // The index in front lets players start before they have the whole file; other containers take no
  // notice of it.
  av_dict_set(&options, "movflags", "+faststart", 0);
  for (const AVDictionaryEntry* entry = nullptr;
       (entry = av_dict_get(format_->metadata, "", entry, AV_DICT_IGNORE_SUFFIX)) != nullptr;) {
    // Apple's keys ("com.apple.quicktime.make") have no place among the usual ones.
    if (std::string_view(entry->key).starts_with("com."))
      av_dict_set(&options, "movflags", "+faststart+use_metadata_tags", 0);
  }
  const int code = avformat_write_header(format_.get(), &options);
  av_dict_free(&options);
  if (code < 0) fail(code);
}

void ContainerWriter::write(AVPacket& packet, Ratio time_base) {
  const AVStream& stream = *format_->streams[packet.stream_index];
  av_packet_rescale_ts(&packet, AVRational{time_base.num, time_base.den}, stream.time_base);
  packet.pos = -1;
  const int code = av_interleaved_write_frame(format_.get(), &packet);
  if (code < 0) fail(code);
}

void ContainerWriter::finish() {
  const int code = av_write_trailer(format_.get());
  if (code < 0) fail(code);
  const int io_error = format_->pb->error;
  if (io_error < 0) fail(io_error);
  const int closed = avio_closep(&format_->pb);
  if (closed < 0) fail(closed);
}

}  // namespace attune::media
