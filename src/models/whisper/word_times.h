#pragma once

#include <span>
#include <vector>

#include "models/captioner.h"
#include "models/whisper/token_model.h"
#include "models/whisper/words.h"

namespace attune::models::whisper {

/// When each of the rows [first, end) begins, and when the last one ends, in frames of 0.02 s:
/// [end - first + 1], never decreasing.
///
/// `attention` [heads, tokens, frames]: the alignment heads' weights over the sound's own frames.
/// They are normalised per head and frame over the tokens, smoothed by a median of 7 frames and
/// averaged over the heads; time warping then gives each row its frames (Radford et al. 2022 and
/// the published word times).
std::vector<int> token_times(const tensor::Tensor& attention, std::int64_t first, std::int64_t end);

/// Times for words in the order in which they are said: each at least 0.02 s long, in order,
/// without overlap, within [0, length]; where there is no room for that the length is divided
/// evenly.
void separate(std::vector<RecognizedWord>& words, Duration length);

/// The words of one window, timed from its start. `prompt`: start, language and task; `text`: the
/// window's text tokens; `probabilities` one for each of these; `sound`: the length of the window's
/// sound, at most 30 s.
std::vector<RecognizedWord> time_words(TokenModel& model, const Tokenizer& tokenizer,
                                       std::span<const Token> prompt, std::span<const Token> text,
                                       std::span<const float> probabilities, bool without_spaces,
                                       Duration sound);

}  // namespace attune::models::whisper
