#pragma once

#include <string>

#include "captions/result.h"

namespace attune::captions {

/// The members of one entity's JSON object, without its braces, after the `$defs` of
/// docs/schema/result.schema.json: what a recording's result and a feed's events both write. One
/// line, UTF-8; equal entities give equal bytes.
std::string json_members(const TimeSpan& span);
std::string json_members(const align::SpeechSegment& segment);
/// Without its words, which a result lists apart.
std::string json_members(const Caption& caption);
std::string json_members(const align::Word& word);
std::string json_members(const align::SyncOffset& sync);

}  // namespace attune::captions
