#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "core/time.h"
#include "models/align_model.h"

namespace attune::models {

/// What the networks see of one face at the ticks [first, first + length()).
struct FaceTokens {
  TokenIndex first = 0;
  /// [length, width], the model's token width.
  std::vector<float> tokens;
  /// Mean change of the standardised crop from tick to tick.
  std::vector<float> motion;

  int length() const { return static_cast<int>(motion.size()); }
  TokenIndex end() const { return first + length(); }
};

/// The mouth crops of one track, as they arrive, to face tokens. The first and the last crop are
/// repeated, so that every tick of the track gets a token. A token is given out when the crops of
/// the four ticks after it are there, in blocks of kBlockTicks counted from the track's first tick;
/// the same crops give the same bits however they were cut. Not thread-safe; tracks are
/// independent of each other.
class FaceTokenizer {
 public:
  static constexpr int kBlockTicks = 4;

  /// The track's first tick.
  FaceTokenizer(std::shared_ptr<const AlignModel> model, TokenIndex first);

  /// Crops of the next ticks, [n, side, side] gray levels, row-major, side as in the model's
  /// geometry().crop. Throws Error(kUsage) when the span is no whole number of crops.
  FaceTokens push(std::span<const std::uint8_t> crops);

  /// The track is over: the tokens of all ticks that were not given out yet.
  FaceTokens finish();

  /// The next tick to be given out: all before it are settled.
  TokenIndex next() const { return next_; }

 private:
  void append(std::vector<float> crop);
  void compute_stacks();
  void compute_tokens(FaceTokens& tokens);

  std::shared_ptr<const AlignModel> model_;
  TokenIndex next_;
  /// Crops that have come in.
  TokenIndex end_;
  /// Standardised crops that stacks still need; the track's ends are repeated in it.
  std::deque<std::vector<float>> crops_;
  /// Encoded stacks, [stacks, width], that tokens still need; the first is the first of next_.
  std::vector<float> stacks_;
  /// Change from the crop before to each crop, from that of next_ on.
  std::deque<float> changes_;
  std::vector<float> last_crop_;
};

}  // namespace attune::models
