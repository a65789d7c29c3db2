#include "captions/result.h"

#include <filesystem>

namespace attune::captions {
namespace {

void shift(TimeSpan& span, Duration by) {
  span.start += by;
  span.end += by;
}

}  // namespace

std::string recording_name(const MediaInfo& media) {
  return media.title.empty() ? std::filesystem::path(media.path).stem().string() : media.title;
}

void shift(Result& result, Duration by) {
  shift(result.media.span, by);
  for (align::SpeechSegment& segment : result.segments) shift(segment.span, by);
  for (align::Word& word : result.words) shift(word.span, by);
  for (align::SyncOffset& sync : result.sync) shift(sync.span, by);
  for (align::Shot& shot : result.shots) shift(shot.span, by);
  for (Caption& caption : result.captions) {
    shift(caption.span, by);
    for (align::Word& word : caption.words) shift(word.span, by);
  }
  result.tick_origin += by;
}

}  // namespace attune::captions
