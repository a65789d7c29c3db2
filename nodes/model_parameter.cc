#include "nodes/model_parameter.h"

namespace attune::nodes {
namespace {

struct OpenAligner {
  std::string choice;
  std::shared_ptr<const models::AlignModel> model;
};

}  // namespace

pipeline::ParameterSpec model_parameter(std::string doc) {
  return {.name = "model",
          .default_value = std::string("auto"),
          .doc = std::move(doc) + ": auto, a name of `attune models list`, or a path"};
}

models::InstalledModel use_model(pipeline::RunContext& context, models::ModelRole role,
                                 const std::string& choice) {
  models::InstalledModel model = models::ModelStore().resolve(role, choice);
  context.models[std::string(models::name(role))] = {model.info.name, model.info.sha256};
  return model;
}

std::shared_ptr<const models::AlignModel> use_aligner(pipeline::RunContext& context,
                                                      const std::string& choice) {
  if (const auto* open = context.facts.find<OpenAligner>(); open && open->choice == choice)
    return open->model;
  const auto installed = use_model(context, models::ModelRole::kAligner, choice);
  auto model = models::AlignModel::open(installed.path);
  context.facts.put(OpenAligner{choice, model});
  return model;
}

}  // namespace attune::nodes
