#include "models/whisper_catalogue.h"

#include <fmt/format.h>

#include <array>

namespace attune::models {
namespace {

struct Entry {
  std::string_view name;
  std::string_view parameters;
  int megabytes = 0;
  /// As whisper.cpp's list of models states it; empty where it lists none.
  std::string_view sha1;
};

constexpr auto kEntries = std::to_array<Entry>({
    {"large-v3", "1550 M", 3100, "ad82bf6a9043ceed055076d0fd39f5f186ff8062"},
    {"large-v2", "1550 M", 3100, "0f4c8e34f21cf1a914c59d8b3ce882345ad349d6"},
    {"large-v3-q5_0", "1550 M", 1100, "e6e2ed78495d403bef4b7cff42ef4aaadcfea8de"},
    {"large-v3-turbo", "809 M", 1600, "4af2b29d7ec73d781377bfd1758ca957a807e941"},
    {"large-v3-turbo-q5_0", "809 M", 570, "e050f7970618a659205450ad97eb95a18d69c9ee"},
    {"medium", "769 M", 1500, "fd9727b6e1217c2f614f9b698455c4ffd82463b4"},
    {"medium.en", "769 M", 1500, "8c30f0e44ce9560643ebd10bbe50cd20eafd3723"},
    {"small", "244 M", 490, "55356645c2b361a969dfd0ef2c5a50d530afd8d5"},
    {"small.en", "244 M", 490, "db8a495a91d927739e50b3fc1cc4c6b8f6c2d022"},
    {"small-q8_0", "244 M", 260, ""},
    {"small.en-q8_0", "244 M", 260, ""},
    {"small-q5_1", "244 M", 190, ""},
    {"small.en-q5_1", "244 M", 190, ""},
    {"base", "74 M", 150, "465707469ff3a37a2b9b8d8f89f2f99de7299dac"},
    {"base.en", "74 M", 150, "137c40403d78fd54d454da0f9bd998f78703390c"},
    {"base-q8_0", "74 M", 82, ""},
    {"base.en-q8_0", "74 M", 82, ""},
    {"base-q5_1", "74 M", 60, ""},
    {"base.en-q5_1", "74 M", 60, ""},
    {"tiny", "39 M", 78, "bd577a113a864445d4c299885e0cb97d4ba92b5f"},
    {"tiny.en", "39 M", 78, "c78c86eb1a8faa21b369bcd33207cc90d64ae9df"},
    {"tiny-q8_0", "39 M", 44, ""},
    {"tiny.en-q8_0", "39 M", 44, ""},
    {"tiny-q5_1", "39 M", 32, ""},
    {"tiny.en-q5_1", "39 M", 32, ""},
});

}  // namespace

std::vector<ModelInfo> whisper_catalogue() {
  std::vector<ModelInfo> models;
  for (const Entry& entry : kEntries) {
    const bool english = entry.name.find(".en") != std::string_view::npos;
    ModelInfo model;
    model.name = fmt::format("whisper-{}", entry.name);
    model.role = ModelRole::kCaptioner;
    model.file = fmt::format("whisper/ggml-{}.bin", entry.name);
    model.description =
        fmt::format("Whisper, {}, {} parameters, about {} MB",
                    english ? "English only" : "multilingual", entry.parameters, entry.megabytes);
    model.licence = "MIT";
    model.url = fmt::format("https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-{}.bin",
                            entry.name);
    model.sha1 = entry.sha1;
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace attune::models
