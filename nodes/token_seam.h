#pragma once

#include <vector>

#include "nodes/payloads.h"
#include "nodes/track_numbers.h"

namespace attune::nodes {

/// Joins the face tokens of two parts. Tokens lag behind their windows: those of the last ticks
/// before a seam come in windows after it, and are taken from there; those that the next part has
/// of the time before the seam are left out. Not thread-safe.
class TokenSeam {
 public:
  /// `seam` is the first tick of the next part.
  /// A window of the part before that begins at or after the seam.
  void keep_late(const FaceTokenWindow& window, TokenIndex seam, const TrackNumbers& numbers);
  /// A window of a part that begins with the tick `first`, with numbers of the recording, and with
  /// what was kept.
  FaceTokenWindow join(const FaceTokenWindow& window, TokenIndex first,
                       const TrackNumbers& numbers);

 private:
  std::vector<FaceTokenWindow::Track> late_;
};

}  // namespace attune::nodes
