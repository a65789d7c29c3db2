#include "models/model_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/nearest_name.h"
#include "models/download.h"
#include "models/model_checksums.h"
#include "models/pending_file.h"
#include "models/weights.h"
#include "models/whisper/hugging_face_weights.h"
#include "models/whisper/model_file.h"

namespace attune::models {
namespace fs = std::filesystem;
namespace {

constexpr const char* kImportCard = "model.json";  // beside an imported model's weights
/// What is fetched of a model whose size is not known before.
constexpr std::uint64_t kLargestDownload = 8'000'000'000;

fs::path from_variable(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? fs::path() : fs::path(value);
}

fs::path user_folder() {
  const fs::path data = from_variable("XDG_DATA_HOME");
  if (!data.empty()) return data / "attune/models";
  const fs::path home = from_variable("HOME");
  return home.empty() ? fs::path() : home / ".local/share/attune/models";
}

fs::path beside_the_program() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path() / "../share/attune/models";
}

void copy_weights(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::is_regular_file(from, error))
    throw Error(ErrorKind::kModel, fmt::format("{}: no such file", from.string()));
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error)
    throw Error(ErrorKind::kOutput, fmt::format("{}: cannot be copied to {}: {}", from.string(),
                                                to.string(), error.message()));
  fs::permissions(to, fs::perms::owner_write, fs::perm_options::add, error);
}

[[noreturn]] void unknown(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  throw Error(ErrorKind::kModel,
              fmt::format("there is no model \"{}\"{} Known: {}", name,
                          nearest.empty() ? "." : fmt::format("; did you mean \"{}\"?", nearest),
                          fmt::join(known, ", ")));
}

std::string how_to_get(const ModelInfo& info) {
  if (info.comes_with_attune())
    return fmt::format("{} comes with attune and should be installed as share/attune/models/{}",
                       info.name, info.file);
  return fmt::format("run: attune models pull {}", info.name);
}

// A folder as Hugging Face lays out a model stands for the weights in it.
fs::path weights_at(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? whisper::weights_in_folder(path) : path;
}

bool is_ggml(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  char magic[4] = {};
  return stream.read(magic, sizeof(magic)) && std::string_view(magic, sizeof(magic)) == "lmgg";
}

ModelRole role_of(const fs::path& path) {
  if (is_ggml(path)) {
    whisper::ModelFile::open(path);
    return ModelRole::kCaptioner;
  }
  const WeightFile file = WeightFile::open(path);
  const auto names = file.names();
  const auto has = [&](std::string_view part) {
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return name.find(part) != std::string::npos; });
  };
  if (has("bbox_head.multi_level_cls")) return ModelRole::kFaceDetector;
  if (has("model.visualEncoder")) return ModelRole::kActiveSpeaker;
  if (has("stft_conv")) return ModelRole::kSpeechActivity;
  if (has("null_cosine")) return ModelRole::kAligner;
  file.fail("its tensors belong to no network that attune runs");
}

void check_name(const std::string& name) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (name.empty() || name == "auto" || name.front() == '.' ||
      !std::all_of(name.begin(), name.end(), fits))
    throw Error(
        ErrorKind::kUsage,
        fmt::format("\"{}\" cannot be a model's name: use letters, digits, '-', '_', '.'", name));
}

}  // namespace

ModelFolders ModelFolders::from_environment() {
  ModelFolders folders;
  const fs::path own = from_variable("ATTUNE_MODELS");
  for (const fs::path& folder : {own, user_folder(), beside_the_program(),
                                 fs::path(ATTUNE_INSTALLED_MODELS), fs::path(ATTUNE_SOURCE_MODELS)})
    if (!folder.empty()) folders.search.push_back(folder);
  folders.own = own.empty() ? user_folder() : own;
  folders.mirror = from_variable("ATTUNE_MODEL_MIRROR").string();
  return folders;
}

ModelStore::ModelStore(ModelFolders folders) : folders_(std::move(folders)) {}

std::optional<fs::path> ModelStore::find(const ModelInfo& info) const {
  std::error_code error;
  for (const fs::path& folder : folders_.search)
    if (fs::is_regular_file(folder / info.file, error)) return folder / info.file;
  return std::nullopt;
}

InstalledModel ModelStore::checked(const ModelInfo& info, const fs::path& path) const {
  InstalledModel model{info, path};
  model.info.sha256 = sha256_of(path);
  model.info.size_bytes = fs::file_size(path);
  const std::string recorded = listed_checksum(path.parent_path(), path.filename().string());
  const std::string wrong = difference(info, recorded, path, model.info.sha256);
  if (!wrong.empty())
    throw Error(ErrorKind::kModel,
                fmt::format("{}: damaged or changed: {}; remove it and {}", path.string(), wrong,
                            info.comes_with_attune() ? "install attune again" : how_to_get(info)));
  return model;
}

std::vector<InstalledModel> ModelStore::imported() const {
  std::vector<InstalledModel> models;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folders_.own, error)) {
    const fs::path card = entry.path() / kImportCard;
    if (!fs::is_regular_file(card, error)) continue;
    std::ifstream stream(card);
    const auto json = nlohmann::json::parse(stream, nullptr, false);
    ModelInfo info;
    info.name = entry.path().filename().string();
    const std::string role = json.is_object() ? json.value("role", "") : "";
    for (const auto known : kModelRoles)
      if (models::name(known) == role) info.role = known;
    if (json.is_object()) {
      info.file = info.name + "/" + fs::path(json.value("file", "")).filename().string();
      info.sha256 = json.value("sha256", "");
      info.description = "imported from " + json.value("source", "");
    }
    if (role.empty() || info.sha256.empty()) continue;
    info.licence = "as its source says";
    models.push_back({info, folders_.own / info.file});
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.info.name < b.info.name; });
  return models;
}

InstalledModel ModelStore::resolve(ModelRole role, const std::string& choice) const {
  if (choice.find('/') != std::string::npos) {
    ModelInfo info;
    const fs::path path = choice;
    info.name = (path.has_filename() ? path : path.parent_path()).stem().string();
    info.file = choice;
    info.role = role;
    return checked(info, weights_at(path));
  }
  std::vector<std::string> names;
  std::vector<std::string> remedies;
  for (const ModelInfo& info : model_catalogue()) {
    if (info.role != role) continue;
    names.push_back(info.name);
    if (choice != "auto" && choice != info.name) continue;
    if (const auto path = find(info)) return checked(info, *path);
    if (choice == info.name)
      throw Error(ErrorKind::kModel,
                  fmt::format("model \"{}\" is not installed; {}", info.name, how_to_get(info)));
    remedies.push_back(how_to_get(info));
  }
  for (const InstalledModel& model : imported()) {
    if (model.info.role != role) continue;
    names.push_back(model.info.name);
    if (choice == "auto" || choice == model.info.name) return checked(model.info, model.path);
  }
  if (choice != "auto") unknown(choice, names);
  throw Error(ErrorKind::kModel, fmt::format("no {} is installed; {}", models::name(role),
                                             fmt::join(remedies, ", or ")));
}

std::vector<ListedModel> ModelStore::list() const {
  std::vector<ListedModel> models;
  for (const ModelInfo& info : model_catalogue()) models.push_back({info, find(info)});
  for (const InstalledModel& model : imported()) models.push_back({model.info, model.path});
  return models;
}

ListedModel ModelStore::info(const std::string& name) const {
  std::vector<std::string> names;
  for (ListedModel& model : list()) {
    if (model.info.name == name) {
      if (model.path && model.info.sha256.empty()) model.info.sha256 = sha256_of(*model.path);
      if (model.path) model.info.size_bytes = fs::file_size(*model.path);
      return model;
    }
    names.push_back(model.info.name);
  }
  unknown(name, names);
}

fs::path ModelStore::pull(const std::string& name) const {
  // As the catalogue has it: info() adds what is installed, which may be damaged.
  const ModelInfo* known = find_model(name);
  const ModelInfo info = known != nullptr ? *known : this->info(name).info;
  if (info.comes_with_attune()) {
    if (const auto path = find(info)) return *path;
    throw Error(ErrorKind::kModel, how_to_get(info));
  }
  const fs::path target = folders_.own / info.file;
  const std::string file_name = target.filename().string();
  const std::string recorded = listed_checksum(target.parent_path(), file_name);
  std::error_code error;
  const bool checkable = has_checksum(info) || !recorded.empty();
  if (checkable && fs::is_regular_file(target, error) &&
      difference(info, recorded, target, sha256_of(target)).empty())
    return target;
  PendingFile pending(target);
  const bool mirror_is_url = folders_.mirror.find("://") != std::string::npos;
  const std::string source = folders_.mirror.empty() ? info.url : folders_.mirror + "/" + info.file;
  if (folders_.mirror.empty() || mirror_is_url)
    download(source, pending.path(), info.size_bytes > 0 ? info.size_bytes : kLargestDownload);
  else
    copy_weights(source, pending.path());
  const std::string got = sha256_of(pending.path());
  const std::string wrong = difference(info, recorded, pending.path(), got);
  if (!wrong.empty())
    throw Error(ErrorKind::kModel,
                fmt::format("{}: not the weights that are known as \"{}\": {}; nothing was "
                            "installed",
                            source, info.name, wrong));
  if (!checkable && role_of(pending.path()) != info.role)
    throw Error(ErrorKind::kModel, fmt::format("{}: holds no {}; nothing was installed", source,
                                               models::name(info.role)));
  if (info.sha256.empty()) record_checksum(target.parent_path(), file_name, got);
  pending.keep();
  return target;
}

InstalledModel ModelStore::import(const fs::path& file, const std::string& name) const {
  check_name(name);
  InstalledModel model;
  if (const ModelInfo* known = find_model(name)) {
    if (known->comes_with_attune())
      throw Error(ErrorKind::kUsage,
                  fmt::format("\"{}\" comes with attune; import under another name", name));
    model.info = checked(*known, file).info;
    if (!has_checksum(*known) && role_of(file) != known->role)
      throw Error(ErrorKind::kModel,
                  fmt::format("{}: holds no {}", file.string(), models::name(known->role)));
  } else {
    model.info.name = name;
    model.info.role = role_of(file);
    model.info.file = name + "/" + file.filename().string();
    model.info.sha256 = sha256_of(file);
    model.info.description = "imported from " + file.filename().string();
  }
  model.info.size_bytes = fs::file_size(file);
  model.path = folders_.own / model.info.file;
  PendingFile pending(model.path);
  copy_weights(file, pending.path());
  pending.keep();
  if (const ModelInfo* known = find_model(name); known != nullptr && known->sha256.empty())
    record_checksum(model.path.parent_path(), model.path.filename().string(), model.info.sha256);
  if (find_model(name) == nullptr) {
    PendingFile card(folders_.own / name / kImportCard);
    std::ofstream stream(card.path());
    stream << nlohmann::json{{"file", file.filename().string()},
                             {"role", models::name(model.info.role)},
                             {"sha256", model.info.sha256},
                             {"source", file.filename().string()}}
                  .dump(2)
           << '\n';
    stream.close();
    if (!stream)
      throw Error(ErrorKind::kOutput, fmt::format("{}: cannot be written", card.path().string()));
    card.keep();
  }
  return model;
}

}  // namespace attune::models
