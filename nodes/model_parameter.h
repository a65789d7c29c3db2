#pragma once

#include <memory>
#include <string>

#include "models/align_model.h"
#include "models/model_store.h"
#include "pipeline/node.h"
#include "pipeline/parameters.h"

namespace attune::nodes {

/// The parameter `model`: "auto", a name that `attune models list` shows, or a path.
pipeline::ParameterSpec model_parameter(std::string doc);

/// Finds the weights and notes them in the context under their role.
/// Throws Error(kModel) that says which command pulls what is missing.
models::InstalledModel use_model(pipeline::RunContext& context, models::ModelRole role,
                                 const std::string& choice);

/// The aligner, opened once for all nodes of a run that ask for the same one.
std::shared_ptr<const models::AlignModel> use_aligner(pipeline::RunContext& context,
                                                      const std::string& choice);

}  // namespace attune::nodes
