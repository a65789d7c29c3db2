#pragma once

#include <string>
#include <vector>

#include "captions/pieces.h"
#include "core/time.h"

namespace attune::captions {

/// A cue before it has its times.
struct DraftCue {
  /// When its words are heard.
  TimeSpan spoken{};
  std::vector<Piece> pieces;
  /// Where a second speaker's pieces begin; pieces.size() when there is one alone.
  std::size_t second = 0;
  std::vector<std::string> lines;

  align::SpeakerId speaker() const { return pieces.front().word.speaker; }
  bool is_shared() const { return second < pieces.size(); }
};

}  // namespace attune::captions
