#include "media/feed_link.h"

#include <cstdlib>
#include <new>

#include "core/log.h"
#include "media/av_dictionary.h"
#include "media/libav.h"

namespace attune::media {
namespace {

constexpr std::size_t kMostPlaylistBytes = std::size_t{1} << 20;
/// Options of TLS, which FFmpeg does not hand on to the parts of a playlist.
constexpr const char* kTlsOptions[] = {"tls_verify", "ca_file", "cert_file", "key_file",
                                       "verifyhost"};

}  // namespace

FeedLink::FeedLink(const LiveSource& source, const LiveInputOptions& options,
                   const std::atomic<bool>& stop)
    : source_(source), options_(options), stop_(stop), guard_(source, options.allow_other_hosts) {}

int FeedLink::should_interrupt(void* self) {
  auto& link = *static_cast<FeedLink*>(self);
  if (link.stopped() || !link.refused_.empty()) return 1;
  const AVIOContext* io = link.watches_bytes_ && link.format ? link.format->pb : nullptr;
  if (io != nullptr && io->pos != link.position_) {
    link.position_ = io->pos;
    link.start_waiting();
  }
  // FFmpeg gives what it still holds before it says that it was interrupted.
  link.gave_up_ = link.timed_out();
  return link.gave_up_ ? 1 : 0;
}

void FeedLink::set_patience(Duration patience) {
  patience_ = patience;
  gave_up_ = false;
  start_waiting();
}

bool FeedLink::goes_by_proxy() const {
  if (!source_.is_http()) return false;
  return options_.format_options.contains("http_proxy") || std::getenv("http_proxy") != nullptr;
}

std::map<std::string, std::string> FeedLink::all_options() const {
  std::map<std::string, std::string> all = options_.format_options;
  for (const auto& [key, value] : source_.default_options) all.emplace(key, value);
  if (!guard_.protocols().empty()) all["protocol_whitelist"] = guard_.protocols();
  if (!guard_.formats().empty()) all["format_whitelist"] = guard_.formats();
  if (source_.kind == LiveSource::Kind::kFile) {
    all.emplace("skip_estimate_duration_from_pts", "1");
    // Its end is waited at.
    if (options_.reconnect) all.emplace("follow", "1");
  }
  if (options_.allow_other_hosts) all.erase("http_persistent");
  return all;
}

std::string FeedLink::location_of(AVIOContext* io) {
  std::uint8_t* value = nullptr;
  if (av_opt_get(io, "location", AV_OPT_SEARCH_CHILDREN, &value) < 0 || value == nullptr) return {};
  std::string location = reinterpret_cast<const char*>(value);
  av_free(value);
  return location;
}

void FeedLink::check(const std::string& address) {
  if (refused_.empty()) refused_ = guard_.refusal(address);
}

int FeedLink::open_nested(AVFormatContext* format, AVIOContext** io, const char* url, int flags,
                          AVDictionary** options) {
  auto& link = *static_cast<FeedLink*>(format->opaque);
  link.check(url);
  if (!link.refused_.empty()) return AVERROR(EPERM);
  AVDictionary* own = nullptr;
  AVDictionary** with = options != nullptr ? options : &own;
  if (link.source_.is_http()) {
    const auto all = link.all_options();
    for (const char* key : kTlsOptions)
      if (const auto it = all.find(key); it != all.end())
        av_dict_set(with, key, it->second.c_str(), AV_DICT_DONT_OVERWRITE);
  }
  int code = link.open_default_(format, io, url, flags, with);
  av_dict_free(&own);
  if (code >= 0 && link.source_.is_http()) {
    link.check(location_of(*io));
    if (!link.refused_.empty()) {
      avio_closep(io);
      code = AVERROR(EPERM);
    }
  }
  return code;
}

int FeedLink::read_playlist(const std::string& address) {
  AvDictionary dictionary(all_options());
  const AVIOInterruptCB interrupt{should_interrupt, this};
  AVIOContext* io = nullptr;
  const int code = avio_open2(&io, address.c_str(), AVIO_FLAG_READ, &interrupt, dictionary.get());
  if (code < 0) return code;
  const std::unique_ptr<AVIOContext, int (*)(AVIOContext*)> closing(io, avio_close);
  playlist_address_ = location_of(io);
  if (playlist_address_.empty()) playlist_address_ = address;
  check(playlist_address_);
  if (!refused_.empty()) return AVERROR(EPERM);
  playlist_text_.clear();
  unsigned char part[4096];
  while (playlist_text_.size() < kMostPlaylistBytes) {
    const int got = avio_read_partial(io, part, sizeof part);
    if (got == AVERROR_EOF || got == 0) break;
    // A server that closes without having said how much there is ends with an error, too.
    if (got < 0 && (playlist_text_.empty() || should_interrupt(this) != 0)) return got;
    if (got < 0) break;
    playlist_text_.append(reinterpret_cast<const char*>(part), static_cast<std::size_t>(got));
  }
  return 0;
}

/// Opens a source that is nothing but bytes.
int FeedLink::open_bytes(AVDictionary** options) {
  const AVIOInterruptCB interrupt{should_interrupt, this};
  AVIOContext* io = nullptr;
  const int code = avio_open2(&io, source_.url.c_str(), AVIO_FLAG_READ, &interrupt, options);
  if (code < 0) return code;
  waits_for_caller_ = false;
  start_waiting();
  tapped_ = std::make_unique<TappedStream>(
      io, [this](const std::uint8_t* data, std::size_t size) { tables_.read(data, size); });
  return 0;
}

int FeedLink::open() {
  format.reset(avformat_alloc_context());
  if (!format) throw std::bad_alloc();
  AVFormatContext* context = format.release();
  context->interrupt_callback = {should_interrupt, this};
  context->opaque = this;
  open_default_ = context->io_open;
  context->io_open = open_nested;
  const AVInputFormat* device = nullptr;
  if (source_.kind == LiveSource::Kind::kDevice) {
    device = av_find_input_format(source_.device_format.c_str());
    // Else a device that is stuck could not be left.
    if (source_.device_format != "lavfi") context->flags |= AVFMT_FLAG_NONBLOCK;
  }
  if (source_.kind == LiveSource::Kind::kPipe) {
    pipe_ = std::make_unique<DescriptorStream>(
        source_.descriptor >= 0 ? duplicate(source_.descriptor) : open_named_pipe(source_.location),
        [this] { return should_interrupt(this) != 0; });
    context->pb = pipe_->context();
  }
  AvDictionary of_protocol(all_options());
  if (source_.is_bytes()) {
    const int code = open_bytes(of_protocol.get());
    if (code < 0) {
      avformat_free_context(context);
      return code;
    }
    context->pb = tapped_->context();
  }
  AvDictionary dictionary(all_options());
  // On failure FFmpeg frees the context by itself.
  const int code = avformat_open_input(&context, source_.url.c_str(), device, dictionary.get());
  if (code < 0) return code;
  format.reset(context);
  waits_for_caller_ = false;
  for (const auto& [key, value] : options_.format_options)
    if (dictionary.has(key) && of_protocol.has(key))
      log()->warn("{}: FFmpeg knows no input option \"{}\"", source_.shown, key);
  return 0;
}

}  // namespace attune::media
