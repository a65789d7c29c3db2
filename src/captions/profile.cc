#include "captions/profile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "core/error.h"

namespace attune::captions {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 4> kNames = {"netflix", "bbc", "cea608", "none"};
constexpr double kDefaultFrameRate = 25;
constexpr Duration kFiveSixths = Duration(833'333'333);
constexpr Duration kHalfSecond = milliseconds(500);
/// Seven frames of 24 a second.
constexpr Duration kSevenFrames = Duration(291'666'667);

std::array<ScriptLimits, 4> alike(int max_columns, double words_a_minute) {
  std::array<ScriptLimits, 4> scripts{};
  scripts.fill({max_columns, words_a_minute / 60});
  return scripts;
}

Profile netflix(double frame_rate) {
  return {.name = "netflix",
          .scripts = {{{42, 20}, {32, 9}, {26, 4}, {32, 12}}},
          .max_lines = 2,
          .min_duration = kFiveSixths,
          .max_duration = seconds(7),
          .min_gap = from_seconds(2 / frame_rate),
          .chain_gap = kHalfSecond,
          .reading_unit = ReadingUnit::kCharacters,
          .snap_distance = kSevenFrames,
          .clear_distance = kHalfSecond,
          .dialogue_dash = "-"};
}

Profile bbc() {
  return {.name = "bbc",
          .scripts = alike(37, 180),
          .max_lines = 2,
          .min_duration = seconds(1),
          .max_duration = seconds(7),
          .min_gap = {},
          .chain_gap = seconds(1),
          .reading_unit = ReadingUnit::kWords,
          .snap_distance = kSevenFrames,
          .clear_distance = kHalfSecond,
          .dialogue_dash = "\u2013 "};
}

Profile cea608() {
  return {.name = "cea608",
          .scripts = alike(32, 225),
          .max_lines = 2,
          .min_duration = kFiveSixths,
          .max_duration = seconds(7),
          .min_gap = {},
          .chain_gap = kHalfSecond,
          .reading_unit = ReadingUnit::kWords,
          .snap_distance = {},
          .clear_distance = {},
          .dialogue_dash = "- "};
}

Profile none() {
  constexpr int kAnyWidth = 1'000'000;
  return {.name = "none",
          .scripts = alike(kAnyWidth, std::numeric_limits<double>::infinity()),
          .max_lines = 1,
          .min_duration = {},
          .max_duration = std::chrono::hours(1),
          .min_gap = {},
          .chain_gap = {},
          .reading_unit = ReadingUnit::kCharacters,
          .snap_distance = {},
          .clear_distance = {},
          .dialogue_dash = "- ",
          .single_sentences = true};
}

}  // namespace

Profile profile(std::string_view name, double frame_rate) {
  if (name == "netflix") return netflix(frame_rate > 0 ? frame_rate : kDefaultFrameRate);
  if (name == "bbc") return bbc();
  if (name == "cea608") return cea608();
  if (name == "none") return none();
  throw Error(ErrorKind::kUsage, fmt::format("'{}' is no layout profile; choose from {}", name,
                                             fmt::join(kNames, ", ")));
}

std::span<const std::string_view> profile_names() {
  return kNames;
}

double reading_load(std::string_view text, WritingSystem system, ReadingUnit unit) {
  if (unit == ReadingUnit::kWords) return word_count(text);
  return system == WritingSystem::kAlphabetic ? columns(text) : columns(text) / 2.0;
}

}  // namespace attune::captions
