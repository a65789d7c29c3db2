#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

enum class AvaLabels {
  /// SPEAKING_AUDIBLE where the logit is above zero, else NOT_SPEAKING.
  kDecided,
  /// SPEAKING_AUDIBLE in every row: the AVA evaluation program wants its predictions so, and takes
  /// the
  /// decision from the score.
  kEvaluation,
};

/// Every face at every tick in the format of AVA-ActiveSpeaker: a header, then
/// video_id,frame_timestamp,entity_box_x1,entity_box_y1,entity_box_x2,entity_box_y2,label,entity_id,score
/// with times in seconds, boxes as shares of the picture's width and height, entity_id
/// "VIDEO:TRACK" and score the probability of speaking. SPEAKING_NOT_AUDIBLE is never written: a
/// mouth that moves without its sound is what attune calls not speaking. Only the header when there
/// is no picture.
std::string write_ava_csv(const Result& result, AvaLabels labels = AvaLabels::kDecided);

}  // namespace attune::captions
