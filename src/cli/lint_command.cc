#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "captions/formats.h"
#include "captions/lint.h"
#include "captions/profile.h"
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
  std::string profile = "netflix";
  double frame_rate = 0;
  std::string shots;
  bool as_json = false;
};

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream || text.str().empty())
    throw Error(ErrorKind::kInput, fmt::format("{}: the file is missing, empty or a folder", file));
  return std::move(text).str();
}

captions::Result read_captions(const std::string& file) {
  const std::string content = content_of(file);
  const captions::Format* format = captions::format_of(file, content);
  if (format == nullptr || format->read == nullptr) {
    std::string readable;
    for (const captions::Format& known : captions::formats())
      if (known.read != nullptr)
        readable += fmt::format("{}{}", readable.empty() ? "" : ", ", known.extension);
    throw Error(ErrorKind::kInput, fmt::format("{}: no captions can be read from files of this "
                                               "kind; these can: {}",
                                               file, readable));
  }
  try {
    return format->read(content);
  } catch (const Error& error) {
    throw error.within(file);
  }
}

/// Shot changes and frame rate of a picture.
struct Picture {
  std::vector<Timestamp> cuts;
  double frame_rate = 0;
};

/// From a JSON result of attune.
Picture read_picture(const std::string& file) {
  Picture picture;
  try {
    const json result = json::parse(content_of(file));
    for (const json& shot : result.at("shots")) {
      const Timestamp start = from_seconds(shot.at("start").get<double>());
      if (start > Timestamp::zero()) picture.cuts.push_back(start);
    }
    const json& video = result.at("media").at("video");
    if (video.is_object()) picture.frame_rate = video.value("frame_rate", 0.0);
  } catch (const json::exception&) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: this is no JSON result of attune with shots", file));
  }
  std::sort(picture.cuts.begin(), picture.cuts.end());
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
    if (!options.shots.empty()) picture_ = read_picture(options.shots);
    const double frame_rate = options.frame_rate > 0 ? options.frame_rate : picture_.frame_rate;
    profile_ = captions::profile(options.profile, frame_rate);
  }

  void check(const std::string& file) {
    const captions::Result result = read_captions(file);
    const auto found = captions::lint(result.captions, profile_, picture_.cuts);
    violations_ += found.size();
    if (options_.as_json) {
      json report = {{"file", file},
                     {"profile", profile_.name},
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
  Picture picture_;
  captions::Profile profile_;
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
                   "Of the video, for gaps counted in frames; 0: that of --shots, else 25")
      ->type_name("FPS")
      ->check(CLI::Range(0.0, 1000.0));
  command
      ->add_option("--shots", options->shots,
                   "JSON result of attune for the same video: its shot changes are checked too")
      ->type_name("FILE");
  command->add_flag("--json", options->as_json, "One JSON object for each file, on a line");
  command->footer(
      "Each violation is printed with its file, cue number, time and rule. Exit code 0: none; 1:\n"
      "there are violations; 3: a file could not be read (the others were checked).");
  command->callback([options, &session] {
    session.command = [options, &session] { return run_lint(*options, session); };
  });
}

}  // namespace attune::cli
