#include "cli/inputs.h"
#include "cli/run_options.h"
#include "cli/session.h"

namespace attune::cli {
namespace {

/// Parameters of the pipeline that have an option of their own; empty: not given.
struct CaptionOptions {
  RunCommandOptions run;
  std::string formats;
  std::string layout;
  std::string speakers_file;
};

int caption(const CaptionOptions& options, Session& session) {
  RunRequest request = to_request(options.run);
  const auto override_with = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) request.overrides[name] = value;
  };
  override_with("formats", options.formats);
  override_with("layout", options.layout);
  override_with("speakers_file", options.speakers_file);
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
  command->callback([options, &session] {
    session.command = [options, &session] { return caption(*options, session); };
  });
}

}  // namespace attune::cli
