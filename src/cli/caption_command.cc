#include <sstream>

#include "captions/formats.h"
#include "cli/caption_files.h"
#include "cli/embed_options.h"
#include "cli/embedding.h"
#include "cli/inputs.h"
#include "cli/run_options.h"
#include "cli/session.h"
#include "core/error.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;

/// Texts that are empty were not given.
struct CaptionOptions {
  RunCommandOptions run;
  std::string formats;
  std::string placement;
  std::string layout;
  std::string speakers_file;
  /// "track" or "picture"; empty: no copy.
  std::string embed;
  EmbedOptions embedding;
};

fs::path captioned_copy(const fs::path& folder, const std::string& input) {
  return folder / (output_stem(input) + ".captioned" + fs::path(input).extension().string());
}

/// Whether attune reads one of these formats, "vtt,srt,json".
bool has_readable(const std::string& formats) {
  std::istringstream stream(formats);
  for (std::string name; std::getline(stream, name, ',');) {
    const captions::Format* format = captions::find_format(name);
    if (format != nullptr && format->read != nullptr) return true;
  }
  return false;
}

/// What would fail after the work is refused before it.
void require_embeddable_inputs(const RunRequest& request, const EmbedOptions& options) {
  for (const std::string& input : request.inputs)
    require_embeddable(input, captioned_copy(request.output_folder, input), options);
  const auto formats = request.overrides.find("formats");
  if (formats != request.overrides.end() && !has_readable(formats->second)) {
    throw Error(ErrorKind::kUsage,
                "--embed puts the captions of a result file into the copy: let vtt be one of the "
                "formats");
  }
}

int run(const CaptionOptions& options, Session& session) {
  RunRequest request = to_request(options.run);
  const auto override_with = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) request.overrides[name] = value;
  };
  override_with("formats", options.formats);
  override_with("placement", options.placement);
  override_with("layout", options.layout);
  override_with("speakers_file", options.speakers_file);
  if (options.embed.empty()) return run_inputs(request, session);
  EmbedOptions embedding = options.embedding;
  embedding.mode = options.embed == "picture" ? EmbedMode::kPicture : EmbedMode::kTrack;
  require_embeddable_inputs(request, embedding);
  request.afterwards = [&](const std::string& input, std::span<const fs::path> results,
                           const std::atomic<bool>& stop) {
    const fs::path output = captioned_copy(request.output_folder, input);
    try {
      embed(input, read_captions(best_captions(results).string()), output, embedding, stop,
            session);
    } catch (const Error& error) {
      throw error.within("the results are written, but not the copy with captions");
    }
    return output;
  };
  return run_inputs(request, session);
}

}  // namespace

void add_caption_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "caption",
      "Caption recordings with the names of the speakers (run with the pipeline 'caption')");
  auto options = std::make_shared<CaptionOptions>();
  options->run.config = "caption";
  add_run_options(*command, options->run);
  command
      ->add_option("--formats", options->formats,
                   "Kinds of results, such as vtt,srt,ttml,json; `attune convert --help` lists "
                   "them")
      ->type_name("LIST");
  command
      ->add_option("--layout", options->layout,
                   "Rules for the cues: netflix, bbc, cea608 or none (attune lint checks them)")
      ->type_name("NAME");
  command
      ->add_option("--speakers", options->speakers_file,
                   "Names of the speakers, in a YAML or JSON file: 1: Anna")
      ->type_name("FILE");
  command
      ->add_option("--placement", options->placement,
                   "Where captions stand: bottom, or near the speaker's face")
      ->check(CLI::IsMember({"bottom", "speaker"}));
  command
      ->add_option("--embed", options->embed,
                   "Also write a copy of the recording with its captions, NAME.captioned.mp4: as a "
                   "text track, or in the picture")
      ->check(CLI::IsMember({"track", "picture"}));
  add_embed_options(*command, options->embedding);
  command->callback([options, &session] {
    session.command = [options, &session] { return run(*options, session); };
  });
}

}  // namespace attune::cli
