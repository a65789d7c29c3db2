#pragma once

#include <string>
#include <string_view>

#include "captions/result.h"

namespace attune::captions {

/// The cues and words as an ELAN annotation document (EAF 3.0, EAFv3.0.xsd): a time-aligned tier
/// for each person and one for each person's words, with the person as PARTICIPANT; where something
/// of one person overlaps, another tier "Name (2)". The date, which the schema asks for, is always
/// 1970-01-01, so that equal results give equal bytes.
std::string write_eaf(const Result& result);

/// Reads the time-aligned annotations: the speaker is the tier's PARTICIPANT, or its name; words
/// are those of tiers of the type "words" or named "... - words". Annotations that refer to others
/// are skipped. Time slots without a time lie evenly between their neighbours. Throws Error(kInput)
/// with the line.
Result read_eaf(std::string_view text);

}  // namespace attune::captions
