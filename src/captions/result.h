#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "align/speech.h"
#include "align/track.h"
#include "captions/caption.h"
#include "core/time.h"

namespace attune::captions {

/// A network or recogniser that took part in a result.
struct ModelUsed {
  /// "face_detector", "aligner", "captioner"...
  std::string role;
  std::string name;
  /// Lower-case hexadecimal; empty when the role was filled without weights.
  std::string sha256;
};

struct VideoInfo {
  std::string codec;
  /// Of the upright picture, in pixels.
  int width = 0;
  int height = 0;
  /// Average, in frames per second; 0 when unknown.
  double frame_rate = 0;
};

struct AudioInfo {
  std::string codec;
  int sample_rate = 0;
  int channels = 0;
  /// Index among all streams of the file.
  int stream = 0;
  /// As the file states it (ISO 639), or empty.
  std::string language;
};

struct MediaInfo {
  /// As the user named it.
  std::string path;
  std::string container;
  /// First and last presentation time of what was analysed.
  TimeSpan span{};
  std::optional<VideoInfo> video;
  std::optional<AudioInfo> audio;
  /// As the user or a caption file states it; empty: the file's name.
  std::string title{};
  /// Of the captions, where a caption file states it (BCP 47).
  std::string language{};
};

struct Speaker {
  /// 0: off screen.
  align::SpeakerId id = 0;
  std::string name;
  std::vector<align::TrackId> tracks;
  Duration spoken{};
};

/// One face track over its whole life; 24 bytes a tick.
struct TrackRecord {
  align::TrackId id = 0;
  align::SpeakerId speaker = 0;
  /// First tick, at Result::tick_origin + first * kTokenPeriod; the vectors have equal lengths, one
  /// entry per tick.
  TokenIndex first = 0;
  /// In pixels of the upright picture.
  std::vector<align::Box> boxes;
  /// Speaking logits.
  std::vector<float> speaking;
  /// Share of the sound that the face explains, in [0, 1].
  std::vector<float> mass;
};

/// Everything that was found in one recording; what every writer writes from.
struct Result {
  std::string attune_version;
  MediaInfo media;
  std::vector<ModelUsed> models;
  /// False when the job was stopped or the input broke off: the result ends at media.span.end.
  bool complete = true;
  /// For the user, in full sentences: "There is no picture; all speech counts as off screen."
  std::vector<std::string> notes;
  std::vector<Speaker> speakers;
  /// In order of start time.
  std::vector<align::SpeechSegment> segments;
  std::vector<Caption> captions;
  /// All words, also those of the captions, in order of start time.
  std::vector<align::Word> words;
  std::vector<align::SyncOffset> sync;
  std::vector<align::Shot> shots;
  /// Time of tick 0 of the tracks.
  Timestamp tick_origin{};
  /// In order of id.
  std::vector<TrackRecord> tracks;
};

/// What the recording is called in formats that say so: its title, else its file's name without
/// folder and extension.
std::string recording_name(const MediaInfo& media);

/// Moves every time of the result by `by`: to the clock of a player that starts at zero, say.
void shift(Result& result, Duration by);

}  // namespace attune::captions
