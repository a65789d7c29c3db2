#include "nodes/result_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "captions/formats.h"
#include "captions/result.h"
#include "captions/speaker_names.h"
#include "core/error.h"
#include "core/version.h"
#include "nodes/payloads.h"
#include "nodes/speaker_parameters.h"

namespace attune::nodes {
namespace {

using captions::Result;
using pipeline::Packet;

enum Port : std::size_t { kCues, kSegments, kAlignment, kTracks, kWords, kCuts, kSync };

std::string format_names() {
  std::vector<std::string_view> names;
  for (const captions::Format& format : captions::formats())
    if (format.write != nullptr) names.push_back(format.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<const captions::Format*> parse_formats(const std::string& text) {
  std::vector<const captions::Format*> formats;
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    const captions::Format* format = captions::find_format(name);
    if (format == nullptr || format->write == nullptr)
      throw Error(ErrorKind::kConfig,
                  fmt::format("'{}' is no result format; choose from {}, separated by commas", name,
                              format_names()));
    if (std::find(formats.begin(), formats.end(), format) == formats.end())
      formats.push_back(format);
  }
  return formats;
}

captions::MediaInfo describe(const media::MediaInfo& info) {
  captions::MediaInfo described;
  described.container = info.container;
  if (const media::StreamInfo* video = info.video())
    described.video = captions::VideoInfo{
        .codec = video->codec,
        .width = video->width,
        .height = video->height,
        .frame_rate = video->frame_rate.known() ? video->frame_rate.value() : 0};
  if (const media::StreamInfo* audio = info.audio())
    described.audio = captions::AudioInfo{.codec = audio->codec,
                                          .sample_rate = audio->sample_rate_hz,
                                          .channels = audio->channels,
                                          .stream = audio->index,
                                          .language = audio->language};
  return described;
}

class ResultWriterNode : public pipeline::Node {
 public:
  explicit ResultWriterNode(const pipeline::Parameters& parameters)
      : formats_(parse_formats(parameters.get<std::string>("formats"))),
        names_(chosen_names(parameters)),
        off_screen_(parameters.get<std::string>("off_screen")) {}

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    end_ = std::max(end_, packet.span().end);
    switch (port) {
      case kCues:
        result_.captions.push_back(packet.get<captions::Caption>());
        break;
      case kSegments:
        result_.segments.push_back(packet.get<align::SpeechSegment>());
        break;
      case kAlignment:
        add_scores(packet.get<align::AlignmentWindow>());
        break;
      case kTracks:
        add_boxes(packet.get<align::FaceTrackChunk>());
        break;
      case kWords:
        for (const align::Word& word : packet.get<WordList>().words) result_.words.push_back(word);
        break;
      case kCuts:
        cuts_.push_back(token_time(packet.get<align::ShotCut>().tick));
        break;
      case kSync:
        result_.sync.push_back(packet.get<align::SyncOffset>());
        break;
      default:
        break;
    }
  }

  void close(pipeline::RunContext& context) override {
    if (context.outputs == nullptr) return;
    complete_result(context);
    for (const captions::Format* format : formats_)
      context.outputs->write(format->extension, format->write(result_));
  }

 private:
  captions::TrackRecord& record(align::TrackId track) {
    captions::TrackRecord& found = tracks_[track];
    found.id = track;
    return found;
  }

  void add_boxes(const align::FaceTrackChunk& chunk) {
    for (const align::TrackSlice& slice : chunk.tracks) {
      captions::TrackRecord& track = record(slice.track);
      if (track.boxes.empty()) track.first = slice.first;
      track.speaker = slice.speaker;
      track.boxes.insert(track.boxes.end(), slice.boxes.begin(), slice.boxes.end());
    }
  }

  void add_scores(const align::AlignmentWindow& window) {
    for (const align::TrackAlignment& aligned : window.tracks) {
      Scores& scores = scores_[aligned.track];
      if (scores.speaking.empty()) scores.first = aligned.first;
      scores.speaking.insert(scores.speaking.end(), aligned.speaking.begin(),
                             aligned.speaking.end());
      scores.mass.insert(scores.mass.end(), aligned.mass.begin(), aligned.mass.end());
    }
  }

  /// Faces are scored where there is sound; elsewhere nobody speaks.
  void join_scores() {
    for (auto& [id, track] : tracks_) {
      const Scores& scores = scores_[id];
      track.speaking.assign(track.boxes.size(), kNotSpeaking);
      track.mass.assign(track.boxes.size(), 0);
      for (std::size_t i = 0; i < scores.speaking.size(); ++i) {
        const TokenIndex at = scores.first + static_cast<TokenIndex>(i) - track.first;
        if (at < 0 || at >= static_cast<TokenIndex>(track.boxes.size())) continue;
        track.speaking[static_cast<std::size_t>(at)] = scores.speaking[i];
        track.mass[static_cast<std::size_t>(at)] = scores.mass[i];
      }
      result_.tracks.push_back(std::move(track));
    }
  }

  void complete_result(const pipeline::RunContext& context) {
    join_scores();
    result_.attune_version = kVersion;
    if (const auto* info = context.facts.find<media::MediaInfo>()) result_.media = describe(*info);
    result_.media.path = context.input;
    result_.media.span = {context.start, std::max(end_, context.start)};
    result_.complete = !context.stopped();
    for (const auto& [role, model] : context.models)
      result_.models.push_back({role, model.name, model.sha256});
    add_notes();
    add_speakers();
    add_shots();
    captions::shift(result_, -context.start);
  }

  void add_notes() {
    if (!result_.media.audio)
      result_.notes.push_back("There is no sound: nobody can be found to speak.");
    if (!result_.media.video)
      result_.notes.push_back("There is no picture: all speech counts as off screen.");
    if (!result_.complete)
      result_.notes.push_back("The run was stopped: the result ends where it was.");
  }

  void add_speakers() {
    const auto names = captions::name_speakers(result_.segments, names_, off_screen_);
    std::map<align::SpeakerId, captions::Speaker> speakers;
    for (const align::SpeechSegment& segment : result_.segments) {
      captions::Speaker& speaker = speakers[segment.speaker];
      speaker.id = segment.speaker;
      speaker.name = names.name(segment.speaker);
      speaker.spoken += segment.span.duration();
    }
    for (const captions::TrackRecord& track : result_.tracks)
      if (const auto found = speakers.find(track.speaker); found != speakers.end())
        found->second.tracks.push_back(track.id);
    for (auto& [id, speaker] : speakers) result_.speakers.push_back(std::move(speaker));
  }

  void add_shots() {
    if (!result_.media.video) return;
    Timestamp start = result_.media.span.start;
    cuts_.push_back(result_.media.span.end);
    for (const Timestamp cut : cuts_) {
      result_.shots.push_back({{start, cut}, static_cast<int>(result_.shots.size())});
      start = cut;
    }
  }

  /// Logit given to faces where the recording has no sound.
  static constexpr float kNotSpeaking = -20;

  struct Scores {
    TokenIndex first = 0;
    std::vector<float> speaking;
    std::vector<float> mass;
  };

  std::vector<const captions::Format*> formats_;
  std::map<int, std::string> names_;
  std::string off_screen_;
  Result result_;
  std::map<align::TrackId, captions::TrackRecord> tracks_;
  std::map<align::TrackId, Scores> scores_;
  std::vector<Timestamp> cuts_;
  Timestamp end_ = Timestamp::min();
};

std::vector<pipeline::ParameterSpec> parameters() {
  std::vector<pipeline::ParameterSpec> specs = {
      {.name = "formats",
       .default_value = std::string("vtt,srt,json,rttm,ava"),
       .doc = "files to write: any of " + format_names() + " (docs/captions.md)"}};
  for (pipeline::ParameterSpec& spec : speaker_parameters()) specs.push_back(std::move(spec));
  return specs;
}

}  // namespace

pipeline::NodeType result_writer_type() {
  return {
      .name = "result_writer",
      .summary = "Writes the result files, whole or not at all",
      .doc =
          "Collects what the graph found and writes it beside the name of the input once the "
          "whole\n"
          "recording is done. Times are relative to the recording's start, as players show them.\n"
          "Latency: the whole recording. Memory: the result, about 30 bytes for each face and "
          "tick.",
      .inputs = {pipeline::late_port<captions::Caption>("cues", "captions"),
                 pipeline::port<align::SpeechSegment>("segments", "who speaks when"),
                 pipeline::port<align::AlignmentWindow>("alignment", "speaking scores", true),
                 pipeline::port<align::FaceTrackChunk>("tracks", "where the faces are", true),
                 pipeline::port<WordList>("words", "recognised words", true),
                 pipeline::port<align::ShotCut>("cuts", "cuts between camera views", true),
                 pipeline::late_port<align::SyncOffset>("sync", "offset of sound to picture")},
      .outputs = {},
      .parameters = parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .example =
          "results: {type: result_writer, in: {cues: cues, segments: segments}, formats: "
          "\"vtt,json\"}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<ResultWriterNode>(p); },
  };
}

}  // namespace attune::nodes
