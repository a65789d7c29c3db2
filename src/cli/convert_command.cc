#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <iterator>

#include "captions/formats.h"
#include "captions/losses.h"
#include "cli/caption_files.h"
#include "cli/inputs.h"
#include "cli/session.h"
#include "core/error.h"
#include "core/log.h"
#include "core/output_files.h"
#include "core/version.h"

namespace attune::cli {
namespace {

namespace fs = std::filesystem;
using captions::Format;

struct ConvertOptions {
  std::vector<std::string> inputs;
  std::string output;
  CaptionReading reading;
  std::string to;
  std::string shift;
  std::string frame_rate;
  std::string title;
};

std::string format_list() {
  std::string text = "Formats, by name and file ending (r: read, w: written):\n";
  for (const Format& format : captions::formats())
    fmt::format_to(std::back_inserter(text), "  {:<9} {:<10} {}{}  {}\n", format.name,
                   format.extension, format.read != nullptr ? 'r' : ' ',
                   format.write != nullptr ? 'w' : ' ', format.summary);
  return text +
         "SCC (CEA-608) is not among them: no library of the distribution writes it.\n"
         "What a format cannot hold is said on standard error.";
}

/// Frames per second from "25", "29.97" or "30000/1001".
double parse_frame_rate(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto number = [&text](std::string_view part) {
    double value = 0;
    const char* end = part.data() + part.size();
    const auto [rest, status] = std::from_chars(part.data(), end, value);
    if (status == std::errc() && rest == end && value > 0) return value;
    throw Error(ErrorKind::kUsage,
                fmt::format("--frame-rate {}: write for example 25, 29.97 or 30000/1001", text));
  };
  const std::string_view whole(text);
  const double rate = slash == std::string::npos
                          ? number(whole)
                          : number(whole.substr(0, slash)) / number(whole.substr(slash + 1));
  constexpr double kHighest = 1000;
  if (rate < 1 || rate > kHighest)
    throw Error(ErrorKind::kUsage,
                fmt::format("--frame-rate {}: from 1 to 1000 frames per second", text));
  return rate;
}

class Converter {
 public:
  explicit Converter(const ConvertOptions& options) : options_(options) {
    std::error_code ignored;
    into_folder_ = options.inputs.size() > 1 || options.output.ends_with('/') ||
                   fs::is_directory(options.output, ignored);
    if (options.inputs.size() > 1) require_distinct_stems(options.inputs);
    if (options.inputs.size() > 1 && options.output == kStandardStream)
      throw Error(ErrorKind::kUsage, "-o -: only one input can go to standard output");
    target_ = &target_format();
    if (!options.reading.format.empty()) named_format(options.reading.format);
    if (!options.shift.empty()) shift_ = parse_duration(options.shift);
    if (!options.frame_rate.empty()) frame_rate_ = parse_frame_rate(options.frame_rate);
  }

  int run() {
    int code = 0;
    for (const std::string& input : options_.inputs) {
      try {
        convert(input);
      } catch (const Error& error) {
        log()->error("{}", error.what());
        code = options_.inputs.size() > 1 ? 1 : exit_code(error.kind());
      }
    }
    return code;
  }

 private:
  const Format& target_format() const {
    const Format* format =
        options_.to.empty() ? captions::format_of(options_.output, "") : &named_format(options_.to);
    if (format == nullptr || (into_folder_ && options_.to.empty()))
      throw Error(ErrorKind::kUsage,
                  fmt::format("-o {}: the name does not tell the format; name it with --to",
                              options_.output));
    if (format->write == nullptr)
      throw Error(ErrorKind::kUsage, fmt::format("'{}' is only read", format->name));
    return *format;
  }

  captions::Result read(const std::string& input) const {
    captions::Result result = read_captions(input, options_.reading);
    if (result.attune_version.empty()) result.attune_version = kVersion;
    captions::MediaInfo& media = result.media;
    if (!options_.title.empty()) {
      media.title = options_.title;
    } else if (media.title.empty() && media.path.empty() && input != kStandardStream) {
      media.title = output_stem(input);
    }
    if (frame_rate_ > 0) {
      if (!media.video) media.video.emplace();
      media.video->frame_rate = frame_rate_;
    }
    captions::shift(result, shift_);
    return result;
  }

  void convert(const std::string& input) const {
    const captions::Result result = read(input);
    for (const std::string& loss : captions::losses(result, *target_))
      log()->warn("{}: {}", input, loss);
    const std::string text = target_->write(result);
    if (options_.output == kStandardStream) {
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
          std::fflush(stdout) != 0)
        throw Error(ErrorKind::kOutput, "standard output: cannot be written");
      return;
    }
    const fs::path file(options_.output);
    const fs::path folder = into_folder_ ? file : file.parent_path();
    const std::string stem =
        input == kStandardStream ? std::string("captions") : output_stem(input);
    OutputFiles outputs(folder.empty() ? "." : folder,
                        into_folder_ ? stem : file.filename().string());
    outputs.write(into_folder_ ? target_->extension : "", text);
    outputs.commit();
  }

  const ConvertOptions& options_;
  const Format* target_ = nullptr;
  bool into_folder_ = false;
  Duration shift_{};
  double frame_rate_ = 0;
};

}  // namespace

void add_convert_command(CLI::App& program, Session& session) {
  CLI::App* command =
      program.add_subcommand("convert", "Convert captions from one file format to another");
  auto options = std::make_shared<ConvertOptions>();
  command->footer(format_list());
  command->add_option("inputs", options->inputs, "Caption files; - is standard input, with --from")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "File to write, - for standard output, or a folder, with --to; it is written "
                   "whole or left as it was")
      ->type_name("PATH")
      ->required();
  add_caption_reading(*command, options->reading);
  command->add_option("--to", options->to, "Format to write, when the name does not tell")
      ->type_name("FORMAT");
  command->add_option("--shift", options->shift, "Move all times: 1.5s, -250ms")
      ->type_name("DURATION");
  command
      ->add_option("--frame-rate", options->frame_rate,
                   "Frames per second of the recording, for time codes: 25, 30000/1001")
      ->type_name("RATE");
  command
      ->add_option("--title", options->title,
                   "Name of the recording, in formats that have one; else the file's name")
      ->type_name("TEXT");
  command->callback(
      [options, &session] { session.command = [options] { return Converter(*options).run(); }; });
}

}  // namespace attune::cli
