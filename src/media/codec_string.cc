#include "media/codec_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/libav.h"

namespace attune::media {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// The first unit of Annex B bytes that `is_wanted` by its first byte, with all that follows.
template <class Wanted>
Bytes find_unit(Bytes bytes, const Wanted& is_wanted) {
  for (std::size_t i = 0; i + 3 < bytes.size(); ++i) {
    if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 1 && is_wanted(bytes[i + 3]))
      return bytes.subspan(i + 3);
  }
  return {};
}

bool is_h264_parameters(std::uint8_t header) {
  return (header & 0x1F) == 7;
}

bool is_hevc_parameters(std::uint8_t header) {
  return (header >> 1 & 0x3F) == 33;
}

/// Without the bytes that keep start codes out (00 00 03 stands for 00 00); the first `count`.
std::vector<std::uint8_t> unescaped(Bytes unit, std::size_t count) {
  std::vector<std::uint8_t> plain;
  int zeros = 0;
  for (const std::uint8_t byte : unit) {
    if (plain.size() == count) break;
    const bool is_escape = zeros >= 2 && byte == 3;
    zeros = byte == 0 ? zeros + 1 : 0;
    if (!is_escape) plain.push_back(byte);
  }
  return plain;
}

std::string h264_name(Bytes header, Bytes picture) {
  Bytes levels;
  if (header.size() >= 4 && header[0] == 1) levels = header.subspan(1);
  for (const Bytes bytes : {header, picture}) {
    if (levels.empty()) {
      const Bytes unit = find_unit(bytes, is_h264_parameters);
      if (unit.size() >= 4) levels = unit.subspan(1);
    }
  }
  if (levels.empty()) return {};
  return fmt::format("avc1.{:02x}{:02x}{:02x}", levels[0], levels[1], levels[2]);
}

/// `level` is the general part of profile_tier_level(): 12 bytes, as in the decoder configuration.
std::string hevc_name(Bytes level) {
  std::uint32_t compatible = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    if ((level[1 + bit / 8] >> (7 - bit % 8) & 1) != 0) compatible |= 1U << bit;
  }
  const unsigned space = level[0] >> 6;
  std::string name = fmt::format(
      "hvc1.{}{}.{:x}.{}{}", space == 0 ? "" : std::string(1, static_cast<char>('A' + space - 1)),
      level[0] & 0x1F, compatible, (level[0] & 0x20) != 0 ? 'H' : 'L', level[11]);
  std::size_t end = 11;
  while (end > 5 && level[end - 1] == 0) --end;
  for (std::size_t i = 5; i < end; ++i) name += fmt::format(".{:x}", level[i]);
  return name;
}

std::string hevc_name(Bytes header, Bytes picture) {
  if (header.size() >= 23 && header[0] == 1) return hevc_name(header.subspan(1, 12));
  for (const Bytes bytes : {header, picture}) {
    // Two bytes of the unit's header, one of numbers, then the levels.
    const std::vector<std::uint8_t> unit = unescaped(find_unit(bytes, is_hevc_parameters), 15);
    if (unit.size() == 15) return hevc_name(Bytes(unit).subspan(3));
  }
  return {};
}

std::string aac_name(const AVCodecParameters& parameters, Bytes header) {
  int object_type = 2;
  if (parameters.profile >= 0) {
    object_type = parameters.profile + 1;
  } else if (header.size() >= 2) {
    object_type = header[0] >> 3;
    if (object_type == 31) object_type = 32 + ((header[0] & 7) << 3 | header[1] >> 5);
  }
  return fmt::format("mp4a.40.{}", object_type);
}

}  // namespace

std::string codec_string(const StreamInfo& stream, const AVPacket* key_picture) {
  const AVCodecParameters& parameters = *stream.parameters;
  const Bytes header(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size));
  Bytes picture;
  if (key_picture != nullptr)
    picture = {key_picture->data, static_cast<std::size_t>(key_picture->size)};
  switch (parameters.codec_id) {
    case AV_CODEC_ID_H264:
      return h264_name(header, picture);
    case AV_CODEC_ID_HEVC:
      return hevc_name(header, picture);
    case AV_CODEC_ID_AAC:
      return aac_name(parameters, header);
    case AV_CODEC_ID_MP3:
      return "mp4a.40.34";
    case AV_CODEC_ID_MP2:
      return "mp4a.40.33";
    case AV_CODEC_ID_AC3:
      return "ac-3";
    case AV_CODEC_ID_EAC3:
      return "ec-3";
    default:
      return {};
  }
}

}  // namespace attune::media
