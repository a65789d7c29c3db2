#pragma once

#include <string_view>
#include <vector>

namespace attune::models::whisper {

/// Divides UTF-8 text into the pieces within which byte pairs are merged, as GPT-2 does: English
/// contractions ('s 't 're 've 'm 'll 'd), runs of letters, of numbers and of other characters,
/// each with one space in front, and white space. The pieces are views of `text` and cover it.
std::vector<std::string_view> pre_tokens(std::string_view text);

}  // namespace attune::models::whisper
