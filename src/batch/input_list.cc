#include "batch/input_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "batch/folder_walk.h"
#include "batch/glob.h"
#include "batch/item_collector.h"
#include "batch/media_probe.h"
#include "batch/output_path.h"
#include "captions/utf8.h"
#include "core/error.h"
#include "media/input_check.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

class InputFinder {
 public:
  explicit InputFinder(const InputSources& sources)
      : sources_(sources),
        extensions_(lower_case_extensions(sources.extensions)),
        collector_(sources.output_folder),
        output_identity_(identity(sources.output_folder)),
        walk_(output_identity_) {}

  InputList run() {
    for (const std::string& argument : sources_.arguments) add_argument(argument);
    if (sources_.manifest) add_manifest(*sources_.manifest);
    return collector_.take();
  }

 private:
  static std::vector<std::string> lower_case_extensions(const std::vector<std::string>& written) {
    if (written.empty()) return media_extensions();
    std::vector<std::string> extensions;
    for (const std::string& text : written) {
      extensions.push_back(captions::ascii_lower(text.starts_with('.') ? text : "." + text));
    }
    return extensions;
  }

  bool has_wanted_extension(const std::string& name) const {
    const auto dot = name.rfind('.');
    if (dot == std::string::npos) return false;
    const std::string extension = captions::ascii_lower(std::string_view(name).substr(dot));
    return std::find(extensions_.begin(), extensions_.end(), extension) != extensions_.end();
  }

  void add_argument(const std::string& argument) {
    if (argument.empty() || argument == "-") {
      collector_.reject(argument, argument.empty()
                                      ? "an input without name; is a variable of the shell empty?"
                                      : "'-' is no recording; a list on standard input is read "
                                        "with --manifest -");
    } else if (media::is_address(argument)) {
      add_item(argument, output_of_address(argument), argument);
    } else if (is_glob(argument)) {
      add_matches(argument);
    } else {
      const fs::path path(argument);
      std::error_code ignored;
      add_path(path, fs::is_directory(path, ignored) ? fs::path() : path.filename(), argument);
    }
  }

  void add_matches(const std::string& pattern) {
    const GlobMatches matches = expand_glob(pattern);
    if (matches.paths.empty()) {
      collector_.reject(pattern, pattern + " matches no file");
      return;
    }
    for (const fs::path& path : matches.paths) {
      add_path(path, matches.base.empty() ? path : path.lexically_relative(matches.base), pattern);
    }
  }

  /// A file, whose results go to `output`, or a folder, whose files have theirs below `output`.
  void add_path(const fs::path& path, const fs::path& output, const std::string& origin) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      add_folder(path, output, origin);
    } else {
      add_item(path.native(), output, origin);
    }
  }

  void add_folder(const fs::path& folder, const fs::path& output, const std::string& origin) {
    const bool is_output = output_identity_ && identity(folder) == output_identity_;
    if (is_output || collector_.is_in_output_folder(folder)) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("the inputs in {} lie in the output folder {}: results are never "
                              "taken as inputs, choose another output folder",
                              folder.string(), sources_.output_folder.string()));
    }
    const FoundFiles found = walk_.walk(folder, [&](const std::string& name) {
      return sources_.probe || has_wanted_extension(name);
    });
    for (const std::string& problem : found.problems) collector_.reject(origin, problem);
    for (const std::string& note : found.notes) collector_.leave_out(origin, note);
    if (sources_.probe) {
      add_recordings(folder, output, found.files, origin);
    } else {
      for (const std::string& file : found.files) {
        add_item((folder / file).native(), output / file, origin);
      }
    }
  }

  /// Those of the files that are recordings by their content. One that cannot be opened but is
  /// named like a recording is told: it may be damaged.
  void add_recordings(const fs::path& folder, const fs::path& output,
                      const std::vector<std::string>& files, const std::string& origin) {
    std::vector<std::string> paths;
    for (const std::string& file : files) paths.push_back((folder / file).native());
    const std::vector<ProbeOutcome> outcomes = probe_all(paths, sources_.threads);
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (outcomes[i].is_recording) {
        add_item(paths[i], output / files[i], origin, outcomes[i].duration);
      } else if (!outcomes[i].error.empty() && has_wanted_extension(files[i])) {
        collector_.reject(origin, outcomes[i].error);
      }
    }
  }

  void add_item(const std::string& input, const fs::path& output, const std::string& origin,
                std::optional<Duration> duration = std::nullopt) {
    Item item;
    item.input = input;
    item.output = output;
    item.duration = duration;
    item.origin = origin;
    collector_.add(std::move(item), false);
  }

  void add_manifest(const Manifest& manifest) {
    for (const RejectedInput& line : manifest.rejected) {
      collector_.reject(line.origin, line.message);
    }
    for (Item item : manifest.items) {
      const bool names_output = !item.output.empty();
      if (!names_output) {
        item.output = media::is_address(item.input) ? output_of_address(item.input)
                                                    : output_of_file(item.input, manifest.root);
      }
      collector_.add(std::move(item), names_output);
    }
  }

  const InputSources& sources_;
  const std::vector<std::string> extensions_;
  ItemCollector collector_;
  const std::optional<FileIdentity> output_identity_;
  FolderWalk walk_;
};

}  // namespace

const std::vector<std::string>& media_extensions() {
  static const std::vector<std::string> extensions = {
      // Films.
      ".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m1v", ".m2t", ".m2ts",
      ".m2v", ".m4v", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf",
      ".nut", ".ogm", ".ogv", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv", ".wtv",
      // Sound.
      ".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".caf", ".dts", ".eac3", ".flac",
      ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".oga", ".ogg", ".opus", ".ra", ".tta", ".w64",
      ".wav", ".weba", ".wma", ".wv"};
  return extensions;
}

InputList find_inputs(const InputSources& sources) {
  return InputFinder(sources).run();
}

}  // namespace attune::batch
