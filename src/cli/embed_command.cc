#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/caption_files.h"
#include "cli/embed_options.h"
#include "cli/embedding.h"
#include "cli/session.h"
#include "cli/stop_signal.h"
#include "core/error.h"

namespace attune::cli {
namespace {

struct EmbedCommandOptions {
  std::string media;
  std::string captions;
  CaptionReading reading;
  std::string output;
  std::string codec;
  bool burn_in = false;
  EmbedOptions embed;
};

std::optional<media::SubtitleCodec> codec_named(const std::string& text) {
  if (text == "webvtt") return media::SubtitleCodec::kWebVtt;
  if (text == "srt") return media::SubtitleCodec::kSubRip;
  return std::nullopt;
}

int run(EmbedCommandOptions options, Session& session) {
  options.embed.mode = options.burn_in ? EmbedMode::kPicture : EmbedMode::kTrack;
  options.embed.codec = codec_named(options.codec);
  require_embeddable(options.media, options.output, options.embed);
  const captions::Result captions = read_captions(options.captions, options.reading);
  const StopSignal stop;
  try {
    embed(options.media, captions, options.output, options.embed, stop.requested(), session);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kStopped) throw;
    if (!session.quiet) session.console->line(error.what());
    return stop.exit_code();
  }
  session.console->event({{"event", "finished"},
                          {"input", options.media},
                          {"complete", true},
                          {"files", {options.output}}});
  if (!session.quiet && !session.log_json) fmt::print("{}\n", options.output);
  return 0;
}

}  // namespace

void add_embed_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "embed", "Put captions into a copy of a recording: as a track, or into the picture");
  command->footer(
      "As a track, sound and picture are copied as they are: MP4 and QuickTime files get 3GPP "
      "timed\n"
      "text, .mkv files SubRip or WebVTT, .webm files WebVTT. With --burn-in the picture is "
      "encoded\n"
      "anew with the captions in it, and everything else is copied. Caption times count from the\n"
      "start of the recording as players show it.");
  auto options = std::make_shared<EmbedCommandOptions>();
  command->add_option("media", options->media, "Recording: a file")->required();
  command->add_option("captions", options->captions, "Captions: .vtt, .srt or others attune reads")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "File to write; its ending names the container: .mp4, .mov, .mkv, .webm")
      ->type_name("FILE")
      ->required();
  add_caption_reading(*command, options->reading);
  CLI::Option* burn_in =
      command->add_flag("--burn-in", options->burn_in, "Draw the captions into the picture");
  command
      ->add_option("--track-format", options->codec,
                   "Text format in .mkv files: srt, which every player shows (the default), or "
                   "webvtt, which keeps voices")
      ->check(CLI::IsMember({"srt", "webvtt"}))
      ->excludes(burn_in)
      ->group("Caption track");
  add_embed_options(*command, options->embed);
  command->callback([options, &session] {
    session.command = [options, &session] { return run(*options, session); };
  });
}

}  // namespace attune::cli
