#include "samples/scene/options.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <vector>

namespace attune::scene {
namespace {

constexpr int kUsageExit = 2;

FrameRate reduced(long numerator, long denominator) {
  const long divisor = std::gcd(numerator, denominator);
  return {static_cast<int>(numerator / divisor), static_cast<int>(denominator / divisor)};
}

/// "25", "23.976" (24000/1001) or "30000/1001".
FrameRate parse_rate(const std::string& text) {
  double numerator = 0;
  double denominator = 1;
  char rest = 0;
  const int fields = std::sscanf(text.c_str(), "%lf/%lf%c", &numerator, &denominator, &rest);
  const bool fraction = fields == 2 && text.find_first_not_of("0123456789/") == std::string::npos;
  const bool plain = text.find_first_not_of("0123456789.") == std::string::npos && fields == 1;
  if (!fraction && !plain) throw CLI::ValidationError("--fps", "not a frame rate: " + text);
  const double rate = numerator / denominator;
  if (!(rate >= 1 && rate <= 120)) {
    throw CLI::ValidationError("--fps", "must lie between 1 and 120: " + text);
  }
  if (fraction) return reduced(std::lround(numerator), std::lround(denominator));
  const double whole = std::round(rate * 1.001);
  if (rate != std::round(rate) && std::abs(rate * 1.001 - whole) < 0.005) {
    return {static_cast<int>(whole) * 1000, 1001};
  }
  return reduced(std::lround(rate * 1000), 1000);
}

PictureSize parse_size(const std::string& text) {
  PictureSize size;
  char rest = 0;
  const int fields = std::sscanf(text.c_str(), "%dx%d%c", &size.width, &size.height, &rest);
  const auto usable = [](int side) { return side >= 64 && side <= 8192 && side % 2 == 0; };
  if (fields != 2 || !usable(size.width) || !usable(size.height)) {
    throw CLI::ValidationError("--size", "WIDTHxHEIGHT, both even and from 64 to 8192: " + text);
  }
  return size;
}

std::string parts_help() {
  return "Parts of the scene: dialogue, off-screen, silence, closing; with commas between them";
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  ScreenplayOptions& play = options.screenplay;
  std::string size = "1280x720";
  std::string rate = "25";
  bool no_cuts = false;
  const std::map<std::string, Part> parts{{"dialogue", Part::kDialogue},
                                          {"off-screen", Part::kOffScreen},
                                          {"silence", Part::kSilence},
                                          {"closing", Part::kClosing}};
  CLI::App app{
      "Makes a movie of drawn people who talk with synthesised voices, and its ground truth: "
      "who speaks when, every word, every face. The same options give the same bytes.",
      "attune-scene"};
  app.add_option("-o,--output", options.movie, "Movie to write (mp4)")->capture_default_str();
  app.add_option("--truth", options.truth,
                 "Ground truth to write (JSON); the name of the movie with .json by default");
  app.add_option("--offset-ms", options.offset_ms,
                 "Delay of the sound behind the picture in milliseconds; negative: the sound leads")
      ->check(CLI::Range(-1000, 1000))
      ->capture_default_str();
  app.add_option("--fps", rate, "Pictures per second: 25, 23.976, 30000/1001")
      ->capture_default_str();
  app.add_option("--size", size, "Size of the picture in pixels")->capture_default_str();
  app.add_option("--speakers", play.speakers, "People in the picture")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  app.add_option("--turns", play.turns, "Turns of the dialogue, about 4.5 seconds each")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--silence", play.silence_s, "Length of the silent part in seconds")
      ->check(CLI::Range(0.5, 86400.0))
      ->capture_default_str();
  app.add_option("--speech-rate", play.speech_rate, "Pace of the voices; 0.8 is slower")
      ->check(CLI::Range(0.5, 2.0))
      ->capture_default_str();
  app.add_option("--parts", play.parts, parts_help())
      ->delimiter(',')
      ->transform(CLI::CheckedTransformer(parts, CLI::ignore_case))
      ->default_str("dialogue,off-screen,silence,closing");
  app.add_flag("--no-cuts", no_cuts, "One shot: no close-up in the closing part");
  app.add_option("--seed", play.seed, "Changes pauses, head movements, blinks and noise")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
    options.size = parse_size(size);
    options.rate = parse_rate(rate);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    std::exit(code == 0 ? EXIT_SUCCESS : kUsageExit);
  }
  play.cuts = !no_cuts;
  if (options.truth.empty()) {
    options.truth = options.movie;
    options.truth.replace_extension(".json");
  }
  return options;
}

}  // namespace attune::scene
