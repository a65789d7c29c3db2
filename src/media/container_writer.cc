#include "media/container_writer.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

/// FFmpeg's muxer of QuickTime files takes some languages by other letters than ISO 639-2/T only,
/// and drops the rest.
void rename_quicktime_languages(AVFormatContext& format) {
  constexpr std::array<std::pair<std::string_view, const char*>, 16> kNames = {{{"deu", "ger"},
                                                                                {"nld", "dut"},
                                                                                {"swe", "sve"},
                                                                                {"ell", "gre"},
                                                                                {"isl", "ice"},
                                                                                {"zho", "chi"},
                                                                                {"fas", "per"},
                                                                                {"sqi", "alb"},
                                                                                {"mkd", "mac"},
                                                                                {"hye", "arm"},
                                                                                {"kat", "geo"},
                                                                                {"msa", "may"},
                                                                                {"bod", "tib"},
                                                                                {"mya", "bur"},
                                                                                {"cym", "wel"},
                                                                                {"eus", "baq"}}};
  for (unsigned i = 0; i < format.nb_streams; ++i) {
    AVDictionary*& metadata = format.streams[i]->metadata;
    const AVDictionaryEntry* language = av_dict_get(metadata, "language", nullptr, 0);
    if (language == nullptr) continue;
    const auto named = std::ranges::find(kNames, std::string_view(language->value),
                                         &std::pair<std::string_view, const char*>::first);
    if (named != kNames.end()) av_dict_set(&metadata, "language", named->second, 0);
  }
}

/// Before 6.0 FFmpeg's muxer of Matroska wrote the delay of a codec (Opus) into the header but not
/// into the times of its packets, and moved all other streams instead.
void add_codec_delay(const AVFormatContext& format, const AVStream& stream, AVPacket& packet) {
#if LIBAVFORMAT_VERSION_MAJOR < 60
  const std::string_view name = format.oformat->name;
  const AVCodecParameters& codec = *stream.codecpar;
  if ((name != "matroska" && name != "webm") || codec.initial_padding <= 0) return;
  const std::int64_t delay =
      av_rescale_q(codec.initial_padding, AVRational{1, codec.sample_rate}, stream.time_base);
  packet.pts += delay;
  packet.dts += delay;
#else
  static_cast<void>(format);
  static_cast<void>(stream);
  static_cast<void>(packet);
#endif
}

}  // namespace

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
  if (std::string_view(format_->oformat->name) == "mov") rename_quicktime_languages(*format_);
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
  add_codec_delay(*format_, stream, packet);
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
