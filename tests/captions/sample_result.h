#pragma once

#include <string>
#include <vector>

#include "captions/result.h"

namespace attune::captions {

inline Timestamp ms(std::int64_t milliseconds) {
  return std::chrono::milliseconds(milliseconds);
}

inline Caption cue(std::int64_t start_ms, std::int64_t end_ms, align::SpeakerId speaker,
                   std::string name, std::vector<std::string> lines) {
  Caption caption;
  caption.span = {ms(start_ms), ms(end_ms)};
  caption.speaker = speaker;
  caption.speaker_name = std::move(name);
  caption.lines = std::move(lines);
  return caption;
}

inline align::Word word(std::int64_t start_ms, std::int64_t end_ms, std::string text,
                        align::SpeakerId speaker = 1) {
  return {{ms(start_ms), ms(end_ms)}, std::move(text), 0.5f, speaker};
}

inline align::SpeechSegment segment(std::int64_t start_ms, std::int64_t end_ms,
                                    align::SpeakerId speaker) {
  return {{ms(start_ms), ms(end_ms)}, speaker, {}, 0.75f};
}

/// A small result in which every list is filled and every character that formats treat specially
/// occurs.
inline Result sample_result() {
  Result result;
  result.attune_version = "1.2.3";
  result.media = {"films/A \"quoted\" <name>.mp4",
                  "mov,mp4",
                  {ms(0), ms(7500)},
                  VideoInfo{"h264", 200, 100, 25},
                  AudioInfo{"aac", 48000, 2, 1, "eng"}};
  result.models = {{"captioner", "pocketsphinx-en-us", std::string(64, 'a')},
                   {"face_detector", "none", ""}};
  result.notes = {"The sound ends early."};
  result.speakers = {{0, "Off-screen", {}, ms(1500)}, {1, "Tom & <Jerry>", {7}, ms(2500)}};
  result.segments = {segment(1000, 3500, 1), segment(4000, 5500, 0)};
  result.segments[0].tracks = {7};
  result.captions = {cue(1000, 3500, 1, "Tom & <Jerry>", {"One < two &", "three --> four."}),
                     cue(4000, 5500, 0, "Off-screen", {"Caf\u00E9."}),
                     cue(5600, 6500, 0, "Off-screen", {"Again."})};
  result.words = {word(1000, 1400, "one"), word(4000, 5000, "caf\u00E9", 0)};
  result.sync = {{{ms(0), ms(7500)}, -ms(80), 0.9f}};
  result.shots = {{{ms(0), ms(7500)}, 0}};
  result.tracks = {{7, 1, 25, {{20, 10, 40, 50}, {21.4f, 10, 40, 50}}, {0, -2}, {0.25f, 0.5f}}};
  return result;
}

}  // namespace attune::captions
