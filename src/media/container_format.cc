#include "media/container_format.h"

#include <fmt/format.h>

#include "core/error.h"
#include "media/libav.h"

namespace attune::media {
namespace {

bool is_isobmff(const std::string& format) {
  return format == "mp4" || format == "mov" || format == "ipod";
}

AVCodecID codec_id(SubtitleCodec codec) {
  switch (codec) {
    case SubtitleCodec::kMovText:
      return AV_CODEC_ID_MOV_TEXT;
    case SubtitleCodec::kSubRip:
      return AV_CODEC_ID_SUBRIP;
    case SubtitleCodec::kWebVtt:
      break;
  }
  return AV_CODEC_ID_WEBVTT;
}

}  // namespace

std::string name(SubtitleCodec codec) {
  return avcodec_get_name(codec_id(codec));
}

std::string container_format(const std::filesystem::path& file) {
  const AVOutputFormat* format = av_guess_format(nullptr, file.c_str(), nullptr);
  if (format == nullptr || (format->flags & AVFMT_NOFILE) != 0) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: FFmpeg knows no container with the ending \"{}\"; use .mp4, .mov, "
                            ".mkv or .webm",
                            file.string(), file.extension().string()));
  }
  return format->name;
}

SubtitleCodec default_subtitle_codec(const std::filesystem::path& file) {
  const std::string format = container_format(file);
  if (is_isobmff(format)) return SubtitleCodec::kMovText;
  if (format == "matroska") return SubtitleCodec::kSubRip;
  if (format == "webm") return SubtitleCodec::kWebVtt;
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: a {} file has no text track that players read; write an .mkv (any "
                          "codecs), .mp4, .mov or .webm file, or burn the captions into the "
                          "picture",
                          file.string(), format));
}

void require_subtitle_codec(const std::filesystem::path& file, SubtitleCodec codec) {
  const SubtitleCodec usual = default_subtitle_codec(file);
  const bool is_other_of_matroska =
      usual == SubtitleCodec::kSubRip && codec == SubtitleCodec::kWebVtt;
  if (codec == usual || is_other_of_matroska) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("{}: a {} file holds no {} track; it would be {}", file.string(),
                          container_format(file), name(codec), name(usual)));
}

}  // namespace attune::media
