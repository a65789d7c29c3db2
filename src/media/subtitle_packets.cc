#include "media/subtitle_packets.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <set>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

constexpr int kBufferSize = 4096;

/// A text that FFmpeg reads like a file.
class TextInput {
 public:
  explicit TextInput(std::string_view text) : text_(text) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferSize));
    if (buffer == nullptr) throw std::bad_alloc();
    context_ = avio_alloc_context(buffer, kBufferSize, 0, this, &TextInput::read, nullptr, nullptr);
    if (context_ == nullptr) {
      av_free(buffer);
      throw std::bad_alloc();
    }
  }
  ~TextInput() {
    av_freep(&context_->buffer);
    avio_context_free(&context_);
  }
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  AVIOContext* context() const { return context_; }

 private:
  static int read(void* self, std::uint8_t* buffer, int size) {
    auto* input = static_cast<TextInput*>(self);
    const std::string_view part = input->text_.substr(input->position_, size);
    if (part.empty()) return AVERROR_EOF;
    std::memcpy(buffer, part.data(), part.size());
    input->position_ += part.size();
    return static_cast<int>(part.size());
  }

  std::string_view text_;
  std::size_t position_ = 0;
  AVIOContext* context_ = nullptr;
};

std::vector<PacketHandle> read_text(std::string_view text, const char* format_name) {
  TextInput input(text);
  AVFormatContext* raw = avformat_alloc_context();
  if (raw == nullptr) throw std::bad_alloc();
  raw->pb = input.context();
  const int opened = avformat_open_input(&raw, nullptr, av_find_input_format(format_name), nullptr);
  const FormatContext format(raw);
  check(opened, "the captions");
  std::vector<PacketHandle> packets;
  for (PacketHandle packet = make_packet(); av_read_frame(format.get(), packet.get()) >= 0;
       packet = make_packet()) {
    const AVRational time_base = format->streams[0]->time_base;
    av_packet_rescale_ts(packet.get(), time_base,
                         AVRational{kSubtitleTimeBase.num, kSubtitleTimeBase.den});
    if (packet->size > 0 && packet->duration > 0) packets.push_back(std::move(packet));
  }
  return packets;
}

/// A sample of 3GPP timed text: its length in bytes, then UTF-8.
PacketHandle timed_text_sample(std::string text, std::int64_t start, std::int64_t end) {
  constexpr std::size_t kLongest = 0xFFFF;
  text.resize(std::min(text.size(), kLongest));
  PacketHandle packet = make_packet();
  if (av_new_packet(packet.get(), static_cast<int>(text.size()) + 2) < 0) throw std::bad_alloc();
  packet->data[0] = static_cast<std::uint8_t>(text.size() >> 8);
  packet->data[1] = static_cast<std::uint8_t>(text.size() & 0xFF);
  std::memcpy(packet->data + 2, text.data(), text.size());
  packet->pts = start;
  packet->dts = start;
  packet->duration = end - start;
  packet->flags = AV_PKT_FLAG_KEY;
  return packet;
}

/// One sample from each time that a cue starts or ends to the next such time.
std::vector<PacketHandle> timed_text(const std::vector<PacketHandle>& cues) {
  std::set<std::int64_t> borders;
  for (const PacketHandle& cue : cues) {
    borders.insert(cue->pts);
    borders.insert(cue->pts + cue->duration);
  }
  std::vector<PacketHandle> samples;
  std::size_t first = 0;
  for (auto border = borders.begin(); std::next(border) != borders.end(); ++border) {
    std::string text;
    while (first < cues.size() && cues[first]->pts + cues[first]->duration <= *border) ++first;
    for (std::size_t i = first; i < cues.size() && cues[i]->pts <= *border; ++i) {
      if (cues[i]->pts + cues[i]->duration <= *border) continue;
      if (!text.empty()) text += '\n';
      text.append(reinterpret_cast<const char*>(cues[i]->data),
                  static_cast<std::size_t>(cues[i]->size));
    }
    samples.push_back(timed_text_sample(std::move(text), *border, *std::next(border)));
  }
  return samples;
}

void append(std::string& bytes, std::uint32_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> shift & 0xFF);
}

}  // namespace

std::vector<PacketHandle> subtitle_packets(const SubtitleTrack& track) {
  const bool is_webvtt = track.codec == SubtitleCodec::kWebVtt;
  std::vector<PacketHandle> packets;
  if (!track.text.empty()) packets = read_text(track.text, is_webvtt ? "webvtt" : "srt");
  if (packets.empty()) throw Error(ErrorKind::kInput, "there are no captions to put in");
  return track.codec == SubtitleCodec::kMovText ? timed_text(packets) : std::move(packets);
}

std::string timed_text_description(int width, int height) {
  // Players use a size of their own; this is the one that FFmpeg's tools write.
  constexpr std::uint32_t kFontSize = 18;
  constexpr std::uint32_t kWhite = 0xFFFFFFFF;
  constexpr std::string_view kFont = "Sans-Serif";
  std::string bytes;
  append(bytes, 0, 4);     // display flags
  append(bytes, 1, 1);     // centred
  append(bytes, 0xFF, 1);  // at the bottom
  append(bytes, 0, 4);     // background: transparent
  append(bytes, 0, 4);     // text box: top, left, bottom, right
  append(bytes, static_cast<std::uint32_t>(height), 2);
  append(bytes, static_cast<std::uint32_t>(width), 2);
  append(bytes, 0, 4);  // style of all characters
  append(bytes, 1, 2);  // font of the table below
  append(bytes, 0, 1);
  append(bytes, kFontSize, 1);
  append(bytes, kWhite, 4);
  append(bytes, static_cast<std::uint32_t>(8 + 2 + 3 + kFont.size()), 4);
  bytes += "ftab";
  append(bytes, 1, 2);
  append(bytes, 1, 2);
  append(bytes, static_cast<std::uint32_t>(kFont.size()), 1);
  bytes += kFont;
  return bytes;
}

}  // namespace attune::media
