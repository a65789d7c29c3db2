#include <fmt/format.h>

#include "cli/session.h"
#include "models/model_store.h"

namespace attune::cli {
namespace {

using models::ListedModel;
using models::ModelStore;

std::string place(const ListedModel& model) {
  return model.path ? model.path->string()
                    : fmt::format("not installed: attune models pull {}", model.info.name);
}

std::string size(const ListedModel& model) {
  std::uint64_t bytes = model.info.size_bytes;
  if (model.path) bytes = std::filesystem::file_size(*model.path);
  return bytes == 0 ? "-" : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string quality(const ListedModel& model) {
  return model.info.quality > 0 ? fmt::format("{:.3f}", model.info.quality) : "-";
}

int list() {
  constexpr auto kRow = "{:<27} {:<16} {:>9} {:<12} {:>7}  {}\n";
  fmt::print(kRow, "model", "role", "size", "licence", "quality", "where");
  for (const ListedModel& model : ModelStore().list()) {
    fmt::print(kRow, model.info.name, models::name(model.info.role), size(model),
               model.info.licence, quality(model), place(model));
  }
  fmt::print("\nquality, measured by attune on recordings it never trained on:\n");
  for (const auto role : models::kModelRoles) {
    fmt::print("  {:<16} {}\n", models::name(role), models::quality_measure(role));
  }
  return 0;
}

int info(const std::string& name) {
  const ListedModel model = ModelStore().info(name);
  fmt::print("{}\n  {}\n", model.info.name, model.info.description);
  fmt::print("  role:    {}\n", models::name(model.info.role));
  if (!model.info.face_crop.empty()) fmt::print("  crop:    {}\n", model.info.face_crop);
  fmt::print("  licence: {}\n", model.info.licence);
  if (model.info.quality > 0) {
    fmt::print("  quality: {} ({})\n", quality(model), models::quality_measure(model.info.role));
  }
  if (!model.info.url.empty()) fmt::print("  from:    {}\n", model.info.url);
  if (!model.info.sha256.empty()) fmt::print("  sha256:  {}\n", model.info.sha256);
  if (!model.info.sha1.empty()) fmt::print("  sha1:    {}\n", model.info.sha1);
  if (model.info.size_bytes > 0) fmt::print("  size:    {} bytes\n", model.info.size_bytes);
  fmt::print("  file:    {}\n", place(model));
  return 0;
}

int pull(const std::vector<std::string>& names) {
  const ModelStore store;
  for (const std::string& name : names) fmt::print("{}\n", store.pull(name).string());
  return 0;
}

int import(const std::string& file, const std::string& name) {
  fmt::print("{}\n", ModelStore().import(file, name).path.string());
  return 0;
}

}  // namespace

void add_models_command(CLI::App& program, Session& session) {
  CLI::App* command =
      program.add_subcommand("models", "List, describe, fetch and import model weights");
  command->require_subcommand(1);
  command->fallthrough();

  command->add_subcommand("list", "Every known model and where it is")->callback([&session] {
    session.command = list;
  });

  CLI::App* info_command = command->add_subcommand("info", "What is known about a model");
  auto name = std::make_shared<std::string>();
  info_command->add_option("name", *name, "Model")->required();
  info_command->callback([name, &session] { session.command = [name] { return info(*name); }; });

  CLI::App* pull_command = command->add_subcommand(
      "pull", "Fetch models from their pinned addresses, or from ATTUNE_MODEL_MIRROR");
  auto names = std::make_shared<std::vector<std::string>>();
  pull_command->add_option("name", *names, "Models")->required();
  pull_command->callback([names, &session] { session.command = [names] { return pull(*names); }; });

  CLI::App* import_command = command->add_subcommand("import", "Take a weight file into the store");
  auto file = std::make_shared<std::string>();
  auto import_name = std::make_shared<std::string>();
  import_command->add_option("file", *file, "safetensors, ONNX, torch or (Whisper) ggml file")
      ->required();
  import_command->add_option("name", *import_name, "Name under which configurations find it")
      ->required();
  import_command->callback([file, import_name, &session] {
    session.command = [file, import_name] { return import(*file, *import_name); };
  });
  for (CLI::App* sub : command->get_subcommands({})) sub->fallthrough();
}

}  // namespace attune::cli
