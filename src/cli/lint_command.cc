#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "captions/lint.h"
#include "captions/profile.h"
#include "cli/caption_files.h"
#include "cli/session.h"
#include "core/error.h"
#include "core/log.h"

namespace attune::cli {
namespace {

using captions::Violation;
using nlohmann::json;

constexpr int kViolationsFound = 1;

struct LintOptions {
  std::vector<std::string> files;
  CaptionReading reading;
  std::string profile = "netflix";
  double frame_rate = 0;
  std::string shots;
  bool as_json = false;
};

/// Shot changes and frame rate of a picture; 0 when unknown.
struct Picture {
  std::vector<Timestamp> cuts;
  double frame_rate = 0;
};

Picture picture_of(const captions::Result& result) {
  Picture picture;
  for (const align::Shot& shot : result.shots)
    if (shot.span.start > result.media.span.start) picture.cuts.push_back(shot.span.start);
  std::sort(picture.cuts.begin(), picture.cuts.end());
  if (result.media.video) picture.frame_rate = result.media.video->frame_rate;
  return picture;
}

json to_json(const Violation& violation) {
  json entry = {{"rule", captions::name(violation.rule)},
                {"cue", violation.cue + 1},
                {"start", to_seconds(violation.span.start)},
                {"end", to_seconds(violation.span.end)},
                {"message", violation.message}};
  if (violation.measured) entry["measured"] = *violation.measured;
  if (violation.limit) entry["limit"] = *violation.limit;
  return entry;
}

class LintRun {
 public:
  explicit LintRun(const LintOptions& options) : options_(options) {
    if (options.shots.empty()) return;
    const captions::Result result = read_captions(options.shots);
    if (result.shots.empty())
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: there are no shots in this file; --shots takes a JSON result of "
                              "attune",
                              options.shots));
    picture_ = picture_of(result);
  }

  void check(const std::string& file) {
    const captions::Result result = read_captions(file, options_.reading);
    const Picture own = picture_ ? Picture{} : picture_of(result);
    const Picture& picture = picture_ ? *picture_ : own;
    const captions::Profile profile = captions::profile(
        options_.profile, options_.frame_rate > 0 ? options_.frame_rate : picture.frame_rate);
    const auto found = captions::lint(result.captions, profile, picture.cuts);
    violations_ += found.size();
    if (options_.as_json) {
      json report = {{"file", file},
                     {"profile", profile.name},
                     {"cues", result.captions.size()},
                     {"violations", json::array()}};
      for (const Violation& violation : found) report["violations"].push_back(to_json(violation));
      fmt::print("{}\n", report.dump(-1, ' ', false, json::error_handler_t::replace));
      return;
    }
    for (const Violation& violation : found)
      fmt::print("{}: cue {}, {}: {}: {}\n", file, violation.cue + 1,
                 format_timestamp(violation.span.start), captions::name(violation.rule),
                 violation.message);
  }

  std::size_t violations() const { return violations_; }

 private:
  const LintOptions& options_;
  /// Of --shots.
  std::optional<Picture> picture_;
  std::size_t violations_ = 0;
};

int run_lint(const LintOptions& options, const Session& session) {
  LintRun run(options);
  int code = 0;
  for (const std::string& file : options.files) {
    try {
      run.check(file);
    } catch (const Error& error) {
      log()->error("{}", error.what());
      code = exit_code(error.kind());
    }
  }
  if (code != 0) return code;
  if (!session.quiet && !options.as_json)
    fmt::print("{} {}, {} {} of {}\n", options.files.size(),
               options.files.size() == 1 ? "file" : "files", run.violations(),
               run.violations() == 1 ? "violation" : "violations", options.profile);
  return run.violations() == 0 ? 0 : kViolationsFound;
}

std::vector<std::string> profile_choices() {
  const auto names = captions::profile_names();
  return {names.begin(), names.end()};
}

}  // namespace

void add_lint_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "lint", "Check caption files, attune's or anyone's, against the rules of a layout");
  auto options = std::make_shared<LintOptions>();
  command->add_option("file", options->files, "Caption files of any kind that attune reads")
      ->required()
      ->type_name("FILE");
  command->add_option("--profile", options->profile, "The rules")
      ->check(CLI::IsMember(profile_choices()))
      ->capture_default_str();
  command
      ->add_option("--frame-rate", options->frame_rate,
                   "Of the video, for gaps counted in frames; 0: that of the result, else 25")
      ->type_name("FPS")
      ->check(CLI::Range(0.0, 1000.0));
  command
      ->add_option("--shots", options->shots,
                   "JSON result of attune for the same video: its shot changes are checked too")
      ->type_name("FILE");
  add_caption_reading(*command, options->reading);
  command->add_flag("--json", options->as_json, "One JSON object for each file, on a line");
  command->footer(
      "Each violation is printed with its file, cue number, time and rule. Exit code 0: none; 1:\n"
      "there are violations; 3: a file could not be read (the others were checked).");
  command->callback([options, &session] {
    session.command = [options, &session] { return run_lint(*options, session); };
  });
}

}  // namespace attune::cli
