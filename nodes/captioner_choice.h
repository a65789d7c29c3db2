#pragma once

#include <functional>
#include <memory>
#include <string>

#include "models/captioner.h"
#include "pipeline/node.h"
#include "pipeline/parameters.h"

namespace attune::nodes {

/// How wide a captioner searches: kCoarse takes about half the time and makes more mistakes, for
/// drafts and for a live feed that falls behind (docs/captioners.md).
enum class CaptionEffort { kFull, kCoarse };

/// Makes a captioner for one thread. May be called from several threads. Throws Error(kUsage) for a
/// language or task that the model does not know.
using MakeCaptioner = std::function<std::unique_ptr<models::Captioner>(CaptionEffort effort)>;

/// The parameters that choose and set up a captioner: model, language, task and Whisper's settings.
std::vector<pipeline::ParameterSpec> captioner_parameters();

/// The captioner that the parameters ask for; nothing for `model: none`. Opens the model and notes
/// it in the context. Throws Error(kModel) that says which command pulls what is missing,
/// Error(kUsage) for an unknown language.
MakeCaptioner choose_captioner(const pipeline::Parameters& parameters,
                               pipeline::RunContext& context);

}  // namespace attune::nodes
