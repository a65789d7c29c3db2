#pragma once

#include <functional>
#include <memory>
#include <string>

#include "models/captioner.h"
#include "pipeline/node.h"
#include "pipeline/parameters.h"

namespace attune::nodes {

/// Makes a captioner for one thread. May be called from several threads. Throws Error(kUsage) for a
/// language or task that the model does not know.
using MakeCaptioner = std::function<std::unique_ptr<models::Captioner>()>;

/// The parameters that choose and set up a captioner: model, language, task and Whisper's settings.
std::vector<pipeline::ParameterSpec> captioner_parameters();

/// The captioner that the parameters ask for; nothing for `model: none`. Opens the model and notes
/// it in the context. Throws Error(kModel) that says which command pulls what is missing,
/// Error(kUsage) for an unknown language.
MakeCaptioner choose_captioner(const pipeline::Parameters& parameters,
                               pipeline::RunContext& context);

}  // namespace attune::nodes
