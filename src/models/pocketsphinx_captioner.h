#pragma once

#include <filesystem>
#include <memory>

#include "models/captioner.h"

namespace attune::models {

/// Settings of the recogniser, by default Debian's own (docs/captioners.md has what was tried).
/// Each names the PocketSphinx argument behind it.
struct PocketSphinxOptions {
  /// Folder with en-us/, en-us.lm.bin and cmudict-en-us.dict. Empty: $ATTUNE_POCKETSPHINX_MODEL,
  /// else the folder of Debian's package pocketsphinx-en-us.
  std::filesystem::path model_folder;
  /// Weight of the language model in the first pass (-lw) and in the later ones (-fwdflatlw,
  /// -bestpathlw).
  double language_weight = 6.5;
  double flat_language_weight = 8.5;
  double best_path_language_weight = 9.5;
  /// Below 1: fewer, longer words (-wip).
  double word_insertion_penalty = 0.65;
  /// Natural size of the search: smaller is wider and slower (-beam, -wbeam).
  double beam = 1e-48;
  double word_beam = 7e-29;
  /// Words less probable than this are dropped. The probabilities tell right from wrong words so
  /// badly that any threshold loses more than it gains (docs/captioners.md).
  double minimum_confidence = 0;
  /// A stretch whose words are less probable than this on average was not understood: all its words
  /// are dropped rather than shown as nonsense. Of native read speech nothing falls below, of
  /// non-native speech most does (docs/captioners.md).
  double minimum_mean_confidence = 0.4;
};

/// CMU PocketSphinx with its US English model: the captioner that needs no download. Understands
/// clear, native speech in part (docs/captioners.md has the error rates) and writes no capitals or
/// punctuation.
///
/// Decodes whole stretches: the cepstral mean is taken over the stretch itself, the level is
/// brought to a fixed one, and both ends are padded with faint noise, which the model needs to find
/// the first and the last word. Stretches over 30 s are cut at their quietest place.
///
/// Memory: about 100 MB for each object. Deterministic.
class PocketSphinxCaptioner : public Captioner {
 public:
  /// Throws Error(kModel), naming the package to install, when the model is missing.
  explicit PocketSphinxCaptioner(PocketSphinxOptions options = {});
  ~PocketSphinxCaptioner() override;

  CaptionerModel model() const override;
  /// The cepstral mean suits a stretch best when one person speaks: short ones.
  StretchLengths stretches() const override {
    return {std::chrono::milliseconds(320), std::chrono::seconds(15)};
  }
  std::vector<RecognizedWord> transcribe(std::span<const float> samples) override;

 private:
  class Decoder;

  PocketSphinxOptions options_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace attune::models
