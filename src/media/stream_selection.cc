#include "media/stream_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "core/error.h"
#include "media/language.h"

namespace attune::media {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 6 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

std::vector<std::size_t> streams_of(const std::vector<StreamInfo>& streams, StreamKind kind) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (streams[i].kind == kind && !streams[i].is_still_picture) found.push_back(i);
  }
  return found;
}

std::string list_tracks(const std::vector<StreamInfo>& streams,
                        const std::vector<std::size_t>& tracks) {
  std::string list;
  for (std::size_t n = 0; n < tracks.size(); ++n) {
    list += fmt::format("{}{} ({})", n == 0 ? "" : ", ", n + 1, describe_audio(streams[tracks[n]]));
  }
  return list;
}

[[noreturn]] void throw_no_such_track(const std::vector<StreamInfo>& streams,
                                      const std::vector<std::size_t>& tracks,
                                      const std::string& wanted) {
  throw Error(ErrorKind::kInput,
              fmt::format("{} has no audio track {}; it has {}", streams[tracks.front()].location,
                          is_number(wanted) ? wanted : fmt::format("in language \"{}\"", wanted),
                          list_tracks(streams, tracks)));
}

/// Position among `tracks` of the one to take when nobody asks for any, and why.
std::pair<std::size_t, std::string> choose_automatically(const std::vector<StreamInfo>& streams,
                                                         const std::vector<std::size_t>& tracks,
                                                         std::optional<std::size_t> preferred) {
  if (tracks.size() == 1) return {0, "the only one"};
  const auto position = [&](auto condition) {
    return static_cast<std::size_t>(std::ranges::find_if(tracks, condition) - tracks.begin());
  };
  const auto is_default = [&](std::size_t i) {
    return streams[i].is_default && streams[i].is_decodable;
  };
  // Where every track is marked as default, the mark says nothing.
  if (std::ranges::count_if(tracks, is_default) == 1) {
    return {position(is_default), "marked as default"};
  }
  const std::size_t best = position([&](std::size_t i) { return preferred && i == *preferred; });
  if (best < tracks.size()) return {best, "taken by FFmpeg's own order of preference"};
  const std::size_t first = position([&](std::size_t i) { return streams[i].is_decodable; });
  return {first < tracks.size() ? first : 0, "the first"};
}

}  // namespace

std::string describe_audio(const StreamInfo& stream) {
  std::string text;
  if (!stream.language.empty()) text += stream.language + ", ";
  text += stream.codec;
  if (!stream.channel_layout.empty()) text += ", " + stream.channel_layout;
  if (stream.sample_rate_hz > 0) text += fmt::format(", {:g} kHz", stream.sample_rate_hz / 1000.0);
  return text;
}

StreamChoice choose_audio(const std::vector<StreamInfo>& streams, const std::string& wanted,
                          std::optional<std::size_t> preferred) {
  if (wanted == "none") return {std::nullopt, "sound not asked for"};
  const std::vector<std::size_t> tracks = streams_of(streams, StreamKind::kAudio);
  if (tracks.empty()) return {std::nullopt, "no audio track"};

  std::size_t number = 0;
  std::string why;
  if (wanted == "auto" || wanted.empty()) {
    std::tie(number, why) = choose_automatically(streams, tracks, preferred);
  } else if (is_number(wanted)) {
    const std::size_t n = std::stoul(wanted);
    if (n < 1 || n > tracks.size()) throw_no_such_track(streams, tracks, wanted);
    number = n - 1;
    why = "asked for by number";
  } else {
    const auto it = std::ranges::find_if(
        tracks, [&](std::size_t i) { return same_language(streams[i].language, wanted); });
    if (it == tracks.end()) throw_no_such_track(streams, tracks, wanted);
    number = static_cast<std::size_t>(it - tracks.begin());
    why = fmt::format("asked for by language \"{}\"", wanted);
  }

  const StreamInfo& stream = streams[tracks[number]];
  const std::string track =
      fmt::format("audio track {} of {} ({})", number + 1, tracks.size(), describe_audio(stream));
  if (!stream.is_decodable) {
    return {std::nullopt, fmt::format("{} cannot be decoded by the installed FFmpeg", track)};
  }
  return {tracks[number], fmt::format("{}, {}", track, why)};
}

StreamChoice choose_video(const std::vector<StreamInfo>& streams, bool wanted) {
  if (!wanted) return {std::nullopt, "picture not asked for"};
  const std::vector<std::size_t> videos = streams_of(streams, StreamKind::kVideo);
  if (videos.empty()) return {std::nullopt, "no video stream"};
  const auto rank = [&](std::size_t i) {
    const StreamInfo& s = streams[i];
    return std::tuple(s.is_decodable, s.is_default, static_cast<long>(s.width) * s.height);
  };
  const std::size_t best = *std::ranges::max_element(videos, {}, rank);
  const StreamInfo& stream = streams[best];
  std::string text = fmt::format("video {}x{} ({}", stream.width, stream.height, stream.codec);
  if (stream.frame_rate.known())
    text += fmt::format(", {:.5g} frames/s", stream.frame_rate.value());
  text += ")";
  if (!stream.is_decodable) {
    return {std::nullopt, text + " cannot be decoded by the installed FFmpeg"};
  }
  return {best, text};
}

}  // namespace attune::media
