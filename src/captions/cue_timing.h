#pragma once

#include <span>
#include <vector>

#include "captions/caption.h"
#include "captions/layout.h"
#include "core/time.h"

namespace attune::captions {

/// Sets the time spans of cues that so far span their words, in the order they are shown in, by the
/// rules of lay_out (layout.h). Afterwards cues follow each other without overlap.
void time_cues(std::span<Caption> captions, std::span<const Timestamp> cuts,
               const LayoutOptions& options);

/// How long the text must stay to be read: max(min_duration, characters / max_reading_speed), at
/// most max_duration.
Duration reading_time(const Caption& caption, const LayoutOptions& options);

}  // namespace attune::captions
