#include "media/container_reader.h"

#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "media/input_check.h"
#include "media/libav.h"
#include "media/stream_info.h"
#include "media/stream_selection.h"

namespace attune::media {
namespace {

/// Read errors without a packet in between after which the rest of a file is given up.
constexpr int kMaxErrorsInARow = 64;

FormatContext open_file(const std::string& path) {
  AVFormatContext* context = nullptr;
  // A file name may hold a colon, which would read as a protocol.
  const int opened = avformat_open_input(&context, ("file:" + path).c_str(), nullptr, nullptr);
  FormatContext format(context);
  if (opened < 0) {
    throw Error(ErrorKind::kInput, path + " " + explain_unreadable(path, av_error_text(opened)));
  }
  // FFmpeg takes plain text for a video of a text terminal.
  if (std::string_view(format->iformat->name) == "tty") {
    throw Error(ErrorKind::kInput, path + " is not a media file that FFmpeg can read (text)");
  }
  return format;
}

}  // namespace

ContainerReader::ContainerReader(const std::string& path, const std::atomic<bool>* stop)
    : path_(path), stop_(stop) {
  forward_av_log();
  if (is_address(path)) {
    throw Error(ErrorKind::kUsage,
                path + " is an address: captions are put into files only; download it first");
  }
  check_local_file(path);
  format_ = open_file(path);
  // The demuxer of QuickTime files discards the tracks that hold the chapters.
  for (unsigned i = 0; i < format_->nb_streams; ++i)
    is_internal_.push_back(format_->streams[i]->discard == AVDISCARD_ALL);
  check(avformat_find_stream_info(format_.get(), nullptr), path);
  is_internal_.resize(format_->nb_streams, false);
  if (format_->nb_streams == 0)
    throw Error(ErrorKind::kInput, path + " " + explain_unreadable(path, "no streams"));
}

PictureStream ContainerReader::picture() const {
  std::vector<StreamInfo> streams;
  for (unsigned i = 0; i < format_->nb_streams; ++i)
    streams.push_back(read_stream_info(*format_, *format_->streams[i], path_));
  const StreamChoice choice = choose_video(streams, true);
  if (!choice.stream) return {std::nullopt, choice.reason};
  return {std::move(streams[*choice.stream]), {}};
}

Timestamp ContainerReader::start_time() const {
  if (format_->start_time == AV_NOPTS_VALUE) return {};
  return to_timestamp(format_->start_time, {1, AV_TIME_BASE});
}

std::optional<Duration> ContainerReader::duration() const {
  if (format_->duration == AV_NOPTS_VALUE || format_->duration <= 0) return std::nullopt;
  return to_timestamp(format_->duration, {1, AV_TIME_BASE});
}

bool ContainerReader::read(AVPacket& packet) {
  for (;;) {
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed))
      throw Error(ErrorKind::kStopped, path_ + ": stopped on request");
    const int code = av_read_frame(format_.get(), &packet);
    if (code >= 0) {
      errors_in_a_row_ = 0;
      return true;
    }
    if (code == AVERROR(EAGAIN)) continue;
    const bool at_end = code == AVERROR_EOF;
    const int io_error = at_end && format_->pb != nullptr ? format_->pb->error : 0;
    if (at_end && (io_error >= 0 || io_error == AVERROR_EOF)) return false;
    if (!std::exchange(has_warned_, true)) {
      log()->warn("{}: cannot be read in places ({}); they are left out", path_,
                  av_error_text(at_end ? io_error : code));
    }
    if (at_end || ++errors_in_a_row_ >= kMaxErrorsInARow) return false;
  }
}

}  // namespace attune::media
