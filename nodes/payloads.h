#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "align/face.h"
#include "align/speech.h"
#include "align/track.h"
#include "captions/caption.h"
#include "media/audio_chunk.h"
#include "media/demuxer.h"
#include "media/grid_frame.h"
#include "media/video_frame.h"
#include "models/audio_tokenizer.h"
#include "models/face_tokenizer.h"
#include "pipeline/packet.h"

namespace attune::nodes {

/// A compressed packet with what a decoder needs to know of its stream.
struct EncodedPacket {
  std::shared_ptr<const media::StreamInfo> stream;
  media::MediaPacket packet;
};

/// Fact, where a part is worked on that begins later than the recording: how the track was chosen
/// whose sound before `time` does not come.
struct SoundBefore {
  media::DemuxOptions options;
  Timestamp time{};
};

/// Speech probability, in [0, 1], at the ticks first, first + 1, ...
struct SpeechActivity {
  TokenIndex first = 0;
  std::vector<float> probability;
};

/// New face tokens of every track that is visible in the window [first, first + length). An encoder
/// lags behind its crops: tokens of the last ticks come with the next window.
struct FaceTokenWindow {
  struct Track {
    align::TrackId id = 0;
    models::FaceTokens tokens;
  };
  TokenIndex first = 0;
  int length = 0;
  /// All tokens of all tracks at ticks before this one have been given out.
  TokenIndex complete = 0;
  /// In order of id.
  std::vector<Track> tracks;

  TimeSpan span() const { return {token_time(first), token_time(first + length)}; }
};

/// Who speaks at the moment: segments as they would be if they ended there, in order of speaker.
struct SpeakingNow {
  std::vector<align::SpeechSegment> segments;
};

/// The sound of one stretch of speech; not final: so far, of one that goes on.
struct SpeechStretch : media::AudioChunk {
  bool is_final = true;
};

/// The words of one stretch of speech, in order.
struct WordList {
  std::vector<align::Word> words;
  /// The stretch.
  TimeSpan span{};
  /// False: of a stretch that goes on. The list of the whole stretch replaces it.
  bool is_final = true;
};

/// A picture of a feed for people.
struct JpegPicture {
  std::string bytes;
  /// Of the upright picture before it was reduced: the coordinates of faces.
  int width = 0;
  int height = 0;
};

/// Captions of a stretch that goes on; the next captions replace them.
struct DraftCaptions {
  std::vector<captions::Caption> captions;
};

/// Payloads that can be kept in a file, for a recording that is worked on in parts.
template <class T>
struct StoredPayload {
  /// Throws std::ios_base::failure or std::exception on a full disk and on a damaged file.
  static void store(std::ostream& out, const T& payload);
  static T load(std::istream& in);
};

}  // namespace attune::nodes

namespace attune::pipeline {

template <>
struct PayloadTraits<nodes::EncodedPacket> {
  static constexpr std::string_view kName = "EncodedPacket";
  static std::size_t bytes(const nodes::EncodedPacket& p) { return sizeof(p) + p.packet.bytes(); }
};

template <>
struct PayloadTraits<media::AudioChunk> {
  static constexpr std::string_view kName = "AudioChunk";
  static std::size_t bytes(const media::AudioChunk& c) { return sizeof(c) + 4 * c.samples.size(); }
};

template <>
struct PayloadTraits<media::VideoFrame> {
  static constexpr std::string_view kName = "VideoFrame";
  static std::size_t bytes(const media::VideoFrame& f) { return sizeof(f) + f.bytes(); }
};

template <>
struct PayloadTraits<media::GridFrame> {
  static constexpr std::string_view kName = "GridFrame";
  static std::size_t bytes(const media::GridFrame& f) {
    return sizeof(f) + (f.gray ? f.gray->pixels.size() : 0) + (f.bgr ? f.bgr->pixels.size() : 0);
  }
};

template <>
struct PayloadTraits<align::ShotCut> : nodes::StoredPayload<align::ShotCut> {
  static constexpr std::string_view kName = "ShotCut";
  static std::size_t bytes(const align::ShotCut& c) { return sizeof(c); }
};

template <>
struct PayloadTraits<align::FaceDetections> : nodes::StoredPayload<align::FaceDetections> {
  static constexpr std::string_view kName = "FaceDetections";
  static std::size_t bytes(const align::FaceDetections& d) {
    return sizeof(d) + d.faces.size() * sizeof(align::Face);
  }
};

template <>
struct PayloadTraits<align::FaceTrackChunk> : nodes::StoredPayload<align::FaceTrackChunk> {
  static constexpr std::string_view kName = "FaceTrackChunk";
  static std::size_t bytes(const align::FaceTrackChunk& chunk) {
    std::size_t sum = sizeof(chunk);
    for (const auto& slice : chunk.tracks)
      sum += sizeof(slice) +
             slice.boxes.size() * (sizeof(align::Box) + sizeof(align::Landmarks) + 4) +
             slice.crops.size();
    return sum;
  }
};

template <>
struct PayloadTraits<nodes::SpeechActivity> : nodes::StoredPayload<nodes::SpeechActivity> {
  static constexpr std::string_view kName = "SpeechActivity";
  static std::size_t bytes(const nodes::SpeechActivity& a) {
    return sizeof(a) + 4 * a.probability.size();
  }
};

template <>
struct PayloadTraits<models::AudioTokens> : nodes::StoredPayload<models::AudioTokens> {
  static constexpr std::string_view kName = "AudioTokens";
  static std::size_t bytes(const models::AudioTokens& t) {
    return sizeof(t) + 4 * (t.tokens.size() + t.speech.size());
  }
};

template <>
struct PayloadTraits<nodes::FaceTokenWindow> : nodes::StoredPayload<nodes::FaceTokenWindow> {
  static constexpr std::string_view kName = "FaceTokens";
  static std::size_t bytes(const nodes::FaceTokenWindow& window) {
    std::size_t sum = sizeof(window);
    for (const auto& track : window.tracks)
      sum += sizeof(track) + 4 * (track.tokens.tokens.size() + track.tokens.motion.size());
    return sum;
  }
};

template <>
struct PayloadTraits<align::AlignmentWindow> {
  static constexpr std::string_view kName = "AlignmentWindow";
  static std::size_t bytes(const align::AlignmentWindow& w) {
    std::size_t sum = sizeof(w) + 4 * (3 * w.null_mass.size() + w.offset_profile.size());
    for (const auto& track : w.tracks) sum += sizeof(track) + 8 * track.mass.size();
    return sum;
  }
};

template <>
struct PayloadTraits<align::SpeechSegment> {
  static constexpr std::string_view kName = "SpeechSegment";
  static std::size_t bytes(const align::SpeechSegment& s) {
    return sizeof(s) + 8 * s.tracks.size();
  }
};

template <>
struct PayloadTraits<nodes::SpeakingNow> {
  static constexpr std::string_view kName = "SpeakingNow";
  static std::size_t bytes(const nodes::SpeakingNow& s) {
    return sizeof(s) + s.segments.size() * sizeof(align::SpeechSegment);
  }
};

template <>
struct PayloadTraits<nodes::JpegPicture> {
  static constexpr std::string_view kName = "JpegPicture";
  static std::size_t bytes(const nodes::JpegPicture& p) { return sizeof(p) + p.bytes.size(); }
};

template <>
struct PayloadTraits<nodes::DraftCaptions> {
  static constexpr std::string_view kName = "DraftCaptions";
  static std::size_t bytes(const nodes::DraftCaptions& d) {
    return sizeof(d) + d.captions.size() * (sizeof(captions::Caption) + 256);
  }
};

template <>
struct PayloadTraits<align::SyncOffset> {
  static constexpr std::string_view kName = "SyncOffset";
  static std::size_t bytes(const align::SyncOffset& s) { return sizeof(s); }
};

template <>
struct PayloadTraits<nodes::SpeechStretch> {
  static constexpr std::string_view kName = "SpeechStretch";
  static std::size_t bytes(const nodes::SpeechStretch& s) {
    return sizeof(s) + 4 * s.samples.size();
  }
};

template <>
struct PayloadTraits<nodes::WordList> : nodes::StoredPayload<nodes::WordList> {
  static constexpr std::string_view kName = "WordList";
  static std::size_t bytes(const nodes::WordList& list) {
    return sizeof(list) + list.words.size() * (sizeof(align::Word) + 16);
  }
};

template <>
struct PayloadTraits<captions::Caption> {
  static constexpr std::string_view kName = "Caption";
  static std::size_t bytes(const captions::Caption& c) {
    return sizeof(c) + 128 + c.words.size() * (sizeof(align::Word) + 16);
  }
};

}  // namespace attune::pipeline
