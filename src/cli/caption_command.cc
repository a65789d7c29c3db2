#include "cli/inputs.h"
#include "cli/run_options.h"
#include "cli/session.h"

namespace attune::cli {

void add_caption_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "caption",
      "Caption recordings with the names of the speakers (run with the pipeline 'caption')");
  auto options = std::make_shared<RunCommandOptions>();
  auto formats = std::make_shared<std::string>();
  options->config = "caption";
  add_run_options(*command, *options);
  command
      ->add_option("--formats", *formats,
                   "Kinds of results, such as vtt,srt,ttml,json; `attune convert --help` lists "
                   "them")
      ->type_name("LIST");
  command->callback([options, formats, &session] {
    session.command = [options, formats, &session] {
      RunRequest request = to_request(*options);
      if (!formats->empty()) request.overrides["formats"] = *formats;
      return run_inputs(request, session);
    };
  });
}

}  // namespace attune::cli
