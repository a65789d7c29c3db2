#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/model_catalogue.h"

namespace attune::models {

/// Where models are looked for and put.
struct ModelFolders {
  /// Looked through in this order.
  std::vector<std::filesystem::path> search;
  /// Where pulled and imported models go.
  std::filesystem::path own;
  /// A folder or URL laid out like `own`, to pull from instead of the pinned URLs; may be empty.
  std::string mirror;

  /// search: $ATTUNE_MODELS; $XDG_DATA_HOME/attune/models (or ~/.local/share/attune/models);
  /// share/attune/models beside the running program; where attune was configured to be installed;
  /// the source tree's models/. own: the first of the first two that is set.
  /// mirror: $ATTUNE_MODEL_MIRROR.
  static ModelFolders from_environment();
};

struct InstalledModel {
  ModelInfo info;
  std::filesystem::path path;
};

struct ListedModel {
  ModelInfo info;
  /// Nothing when it is not installed.
  std::optional<std::filesystem::path> path;
};

/// Finds, fetches and checks weight files. Every error says what to do next: which command pulls a
/// missing model, which names exist. Keeps no state; thread-safe.
class ModelStore {
 public:
  explicit ModelStore(ModelFolders folders = ModelFolders::from_environment());

  /// The weights for a role: `choice` is "auto" (the preferred one that is installed), a model's
  /// name, or the path of a file (anything with a '/'). The file's checksum is compared with the
  /// known one. Throws Error(kModel) when nothing fits, it is not installed, or it is damaged.
  InstalledModel resolve(ModelRole role, const std::string& choice) const;

  /// Every known and every imported model.
  std::vector<ListedModel> list() const;
  /// Throws Error(kModel) for an unknown name, with the nearest known one.
  ListedModel info(const std::string& name) const;

  /// Fetches a model into the own folder, checks it, and returns its path. A model that is already
  /// there with the right checksum is left as it is. Throws Error(kModel) when it cannot be fetched
  /// or its checksum is wrong, Error(kOutput) when it cannot be written; leaves no partial file.
  std::filesystem::path pull(const std::string& name) const;

  /// Copies a weight file into the own folder under a name of the catalogue (its checksum must then
  /// match) or a new one (letters, digits, '-', '_', '.'); what it is for is read off its tensors.
  InstalledModel import(const std::filesystem::path& file, const std::string& name) const;

 private:
  std::optional<std::filesystem::path> find(const ModelInfo& info) const;
  std::vector<InstalledModel> imported() const;
  InstalledModel checked(const ModelInfo& info, const std::filesystem::path& path) const;

  ModelFolders folders_;
};

}  // namespace attune::models
