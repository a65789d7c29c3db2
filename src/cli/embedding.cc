#include "cli/embedding.h"

#include <fmt/format.h>

#include <chrono>

#include "captions/ass_script.h"
#include "captions/formats.h"
#include "captions/srt.h"
#include "captions/webvtt.h"
#include "cli/progress.h"
#include "core/error.h"
#include "core/output_files.h"
#include "media/caption_burner.h"
#include "media/demuxer.h"
#include "media/language.h"
#include "media/track_muxer.h"

namespace attune::cli {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

/// How often progress is shown.
constexpr auto kProgressInterval = std::chrono::milliseconds(200);

std::string language_of(const std::string& media, const EmbedOptions& options) {
  if (!options.language.empty()) {
    const auto code = media::three_letter_language(options.language);
    if (code) return *code;
    throw Error(ErrorKind::kUsage,
                fmt::format("--language {}: write a language of ISO 639, such as eng or de",
                            options.language));
  }
  const media::MediaInfo info = media::probe(media);
  if (info.audio() == nullptr) return "";
  return media::three_letter_language(info.audio()->language).value_or("");
}

void write_track(const std::string& media, const captions::Result& captions, const fs::path& output,
                 const fs::path& temporary, const EmbedOptions& options,
                 const media::CopyWatch& watch) {
  media::SubtitleTrack track;
  track.codec = options.codec.value_or(media::default_subtitle_codec(output));
  track.text = track.codec == media::SubtitleCodec::kWebVtt ? captions::write_webvtt(captions)
                                                            : captions::write_srt(captions);
  track.language = language_of(media, options);
  track.title = options.title;
  media::mux_subtitle_track(media, temporary, media::container_format(output), track, watch);
}

void write_picture(const std::string& media, const captions::Result& captions,
                   const fs::path& output, const fs::path& temporary, const EmbedOptions& options,
                   const media::CopyWatch& watch) {
  const captions::AssScript script =
      captions::ass_script(captions.captions, media::shown_aspect(media),
                           {.font = options.font, .font_size = options.font_size / 100});
  media::BurnIn what{script.header, {}, {options.quality}};
  for (const captions::AssEvent& event : script.events)
    what.texts.push_back({event.span, event.text});
  media::burn_in(media, temporary, media::container_format(output), what, watch);
}

}  // namespace

void require_embeddable(const std::string& media, const fs::path& output,
                        const EmbedOptions& options) {
  std::error_code ignored;
  if (media.find("://") != std::string::npos && !fs::exists(media, ignored)) {
    throw Error(ErrorKind::kUsage,
                media + " is an address: captions are put into files only; download it first");
  }
  if (fs::equivalent(media, output, ignored)) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} is the recording itself: name another output", output.string()));
  }
  media::container_format(output);
  if (options.mode == EmbedMode::kPicture) return;
  media::require_subtitle_codec(output,
                                options.codec.value_or(media::default_subtitle_codec(output)));
}

void embed(const std::string& media, const captions::Result& captions, const fs::path& output,
           const EmbedOptions& options, const std::atomic<bool>& stop, Session& session) {
  require_embeddable(media, output, options);
  if (captions.captions.empty())
    throw Error(ErrorKind::kInput, "there are no captions to put into " + media);
  const fs::path folder = output.has_parent_path() ? output.parent_path() : ".";
  OutputFiles outputs(folder, output.filename().string());
  const fs::path temporary = outputs.reserve("");

  ProgressDisplay display(*session.console, output.filename().string());
  const Clock::time_point start = Clock::now();
  Clock::time_point shown = start;
  media::CopyWatch watch;
  watch.stop = &stop;
  if (!session.quiet) {
    watch.on_progress = [&](Duration done, Duration total) {
      const Clock::time_point now = Clock::now();
      if (now - shown < kProgressInterval) return;
      shown = now;
      display.show({done, done, total, now - start});
    };
  }
  try {
    const auto write = options.mode == EmbedMode::kTrack ? write_track : write_picture;
    write(media, captions, output, temporary, options, watch);
  } catch (const Error& error) {
    // Messages name the file that the user knows, not the temporary one.
    std::string message = error.what();
    if (const auto at = message.find(temporary.string()); at != std::string::npos)
      message.replace(at, temporary.string().size(), output.string());
    throw Error(error.kind(), message);
  }
  outputs.commit();
}

fs::path best_captions(std::span<const fs::path> files) {
  // The whole result knows more than captions files, and WebVTT knows voices.
  for (const std::string_view name : {"json", "vtt", "ttml", "srt"}) {
    const captions::Format* wanted = captions::find_format(name);
    if (wanted == nullptr || wanted->read == nullptr) continue;
    for (const fs::path& file : files)
      if (captions::format_of(file.filename().string(), "") == wanted) return file;
  }
  throw Error(ErrorKind::kUsage,
              "captions are put into the recording from a result file: let vtt be one of the "
              "formats");
}

}  // namespace attune::cli
