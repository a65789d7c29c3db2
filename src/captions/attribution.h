#pragma once

#include <memory>
#include <span>
#include <vector>

#include "align/speech.h"
#include "core/time.h"

namespace attune::captions {

struct AttributionOptions {
  /// How far from a segment a word may lie and still belong to it: captioners place the first and
  /// last word of a stretch up to a few frames wrong.
  Duration reach = std::chrono::milliseconds(300);
};

/// Gives every word its speaker.
///
/// 1. The speakers whose segments overlap the word are the candidates. The evidence for each is the
///    integral of its share of the sound over the overlapped time: the sum of the masses of its
///    tracks, or the null mass for off-screen speech. The greatest wins.
/// 2. Where no window covers the word, or all masses are zero there, the overlapped time decides.
/// 3. Equal evidence goes to the speaker who was speaking already, that is the earlier segment.
/// 4. A word that no segment overlaps goes to the nearest segment within `reach` (the earlier of
/// two
///    equally near ones), else to off screen: it was heard, and nobody visible explains it.
///
/// `segments` and `windows` in order of start time; segments of different speakers may overlap.
/// Words keep their order; none is dropped.
std::vector<align::Word> attribute_words(
    std::vector<align::Word> words, std::span<const align::SpeechSegment> segments,
    std::span<const std::shared_ptr<const align::AlignmentWindow>> windows = {},
    const AttributionOptions& options = {});

}  // namespace attune::captions
