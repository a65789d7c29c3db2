#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attune::models::whisper {

/// The bytes of each text token, by id, from the tokenizer files of a Hugging Face model in
/// `folder`: `tokenizer.json`, else `vocab.json` (their merges follow from the ids; special tokens
/// have ids by rule and are left out, as are those of `added_tokens.json`). In these files a byte
/// is written as the printable character GPT-2 gives it. Throws Error(kModel) that names the file.
std::vector<std::string> read_hugging_face_vocabulary(const std::filesystem::path& folder);

}  // namespace attune::models::whisper
