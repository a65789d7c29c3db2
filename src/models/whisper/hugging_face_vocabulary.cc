#include "models/whisper/hugging_face_vocabulary.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {
namespace {

namespace fs = std::filesystem;

/// More than any model's; guards against a damaged file's ids.
constexpr std::int64_t kMostTokens = 60000;
/// Code points that stand for bytes: printable Latin-1 for itself, all others from here on.
constexpr int kFirstStandIn = 256;
constexpr std::size_t kPrintableBytes = 188;

[[noreturn]] void reject(const fs::path& file, const std::string& message) {
  throw Error(ErrorKind::kModel, fmt::format("{}: {}", file.string(), message));
}

std::optional<char> byte_of(UChar32 character) {
  const auto bytes = byte_tokens();
  if (character >= kFirstStandIn) {
    const std::size_t index = kPrintableBytes + static_cast<std::size_t>(character - kFirstStandIn);
    if (index >= bytes.size()) return std::nullopt;
    return static_cast<char>(bytes[index]);
  }
  for (std::size_t i = 0; i < kPrintableBytes; ++i)
    if (bytes[i] == character) return static_cast<char>(character);
  return std::nullopt;
}

/// Nothing when a character stands for no byte: a special token.
std::optional<std::string> bytes_of(const std::string& spelling) {
  std::string bytes;
  const auto length = static_cast<std::int64_t>(spelling.size());
  for (std::int64_t next = 0; next < length;) {
    UChar32 character = 0;
    U8_NEXT(spelling.data(), next, length, character);
    const auto byte = character < 0 ? std::nullopt : byte_of(character);
    if (!byte) return std::nullopt;
    bytes += *byte;
  }
  return bytes;
}

bool is_special(const std::string& spelling) {
  return spelling.size() > 4 && spelling.starts_with("<|") && spelling.ends_with("|>");
}

nlohmann::json read_json(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) reject(file, "cannot be opened");
  auto json = nlohmann::json::parse(stream, nullptr, false);
  if (json.is_discarded()) reject(file, "is no JSON");
  return json;
}

std::vector<std::string> by_id(const nlohmann::json& vocabulary, const fs::path& file) {
  if (!vocabulary.is_object()) reject(file, "holds no vocabulary: an object of tokens and ids");
  std::vector<std::string> tokens;
  for (const auto& [spelling, id] : vocabulary.items()) {
    if (is_special(spelling)) continue;
    if (!id.is_number_integer() || id < 0 || id >= kMostTokens)
      reject(file, fmt::format("token \"{}\" has no id from 0 to {}", spelling, kMostTokens - 1));
    const auto bytes = bytes_of(spelling);
    if (!bytes)
      reject(file, fmt::format("token \"{}\" has a character that stands for no byte", spelling));
    const auto index = id.get<std::size_t>();
    if (index >= tokens.size()) tokens.resize(index + 1);
    tokens[index] = *bytes;
  }
  return tokens;
}

}  // namespace

std::vector<std::string> read_hugging_face_vocabulary(const fs::path& folder) {
  const fs::path whole = folder / "tokenizer.json";
  std::error_code error;
  if (fs::is_regular_file(whole, error)) {
    const nlohmann::json json = read_json(whole);
    const auto model = json.is_object() ? json.value("model", nlohmann::json()) : nlohmann::json();
    const auto vocabulary =
        model.is_object() ? model.value("vocab", nlohmann::json()) : nlohmann::json();
    return by_id(vocabulary, whole);
  }
  const fs::path alone = folder / "vocab.json";
  if (!fs::is_regular_file(alone, error))
    throw Error(ErrorKind::kModel,
                fmt::format("{}: holds no tokenizer.json and no vocab.json; download one beside "
                            "the weights, from where they came",
                            folder.string()));
  return by_id(read_json(alone), alone);
}

}  // namespace attune::models::whisper
