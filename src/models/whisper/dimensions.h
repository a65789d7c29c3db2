#pragma once

namespace attune::models::whisper {

/// Sizes of one model of the family (Radford et al. 2022, "Robust Speech Recognition via
/// Large-Scale Weak Supervision", table 1). Both networks have heads of width / heads channels and
/// feed-forward layers four times as wide as the network.
struct Dimensions {
  int vocabulary = 0;
  /// Positions of the encoder's output for 30 s: 1500, one each 0.02 s.
  int audio_context = 0;
  int audio_width = 0;
  int audio_heads = 0;
  int audio_layers = 0;
  /// Most tokens of one window, prompt included: 448.
  int text_context = 0;
  int text_width = 0;
  int text_heads = 0;
  int text_layers = 0;
  int mel_bands = 0;

  /// Models of English alone have 51,864 tokens; the others begin at 51,865.
  bool multilingual() const { return vocabulary >= 51865; }
};

}  // namespace attune::models::whisper
