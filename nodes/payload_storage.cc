#include <cereal/archives/binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <istream>
#include <ostream>

#include "nodes/payloads.h"

namespace attune {

template <class Archive>
void serialize(Archive& archive, TimeSpan& span) {
  archive(span.start, span.end);
}

namespace align {

template <class Archive>
void serialize(Archive& archive, Point& point) {
  archive(point.x, point.y);
}
template <class Archive>
void serialize(Archive& archive, Box& box) {
  archive(box.x, box.y, box.width, box.height);
}
template <class Archive>
void serialize(Archive& archive, Face& face) {
  archive(face.box, face.landmarks, face.score);
}
template <class Archive>
void serialize(Archive& archive, FaceDetections& detections) {
  archive(detections.tick, detections.faces);
}
template <class Archive>
void serialize(Archive& archive, ShotCut& cut) {
  archive(cut.tick, cut.strength);
}
template <class Archive>
void serialize(Archive& archive, TrackLook& look) {
  archive(look.tick, look.appearance);
}
template <class Archive>
void serialize(Archive& archive, TrackSlice& slice) {
  archive(slice.track, slice.speaker, slice.first, slice.begins, slice.ends, slice.boxes,
          slice.landmarks, slice.scores, slice.crop_side, slice.crops, slice.looks);
}
template <class Archive>
void serialize(Archive& archive, FaceTrackChunk& chunk) {
  archive(chunk.first, chunk.length, chunk.tracks);
}
template <class Archive>
void serialize(Archive& archive, Word& word) {
  archive(word.span, word.text, word.confidence, word.speaker);
}

}  // namespace align

namespace models {

template <class Archive>
void serialize(Archive& archive, AudioTokens& tokens) {
  archive(tokens.first, tokens.tokens, tokens.speech);
}
template <class Archive>
void serialize(Archive& archive, FaceTokens& tokens) {
  archive(tokens.first, tokens.tokens, tokens.motion);
}

}  // namespace models

namespace nodes {

template <class Archive>
void serialize(Archive& archive, SpeechActivity& activity) {
  archive(activity.first, activity.probability);
}
template <class Archive>
void serialize(Archive& archive, FaceTokenWindow::Track& track) {
  archive(track.id, track.tokens);
}
template <class Archive>
void serialize(Archive& archive, FaceTokenWindow& window) {
  archive(window.first, window.length, window.complete, window.tracks);
}
template <class Archive>
void serialize(Archive& archive, WordList& list) {
  archive(list.words);
}

template <class T>
void StoredPayload<T>::store(std::ostream& out, const T& payload) {
  cereal::BinaryOutputArchive archive(out);
  archive(payload);
}

template <class T>
T StoredPayload<T>::load(std::istream& in) {
  T payload;
  cereal::BinaryInputArchive archive(in);
  archive(payload);
  return payload;
}

template struct StoredPayload<align::ShotCut>;
template struct StoredPayload<align::FaceDetections>;
template struct StoredPayload<align::FaceTrackChunk>;
template struct StoredPayload<SpeechActivity>;
template struct StoredPayload<models::AudioTokens>;
template struct StoredPayload<FaceTokenWindow>;
template struct StoredPayload<WordList>;

}  // namespace nodes
}  // namespace attune
