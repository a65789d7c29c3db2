#pragma once

#include <CLI/CLI.hpp>

#include "cli/embedding.h"

namespace attune::cli {

/// --language, --title, --font, --font-size, --quality. `options` must live as long as the program
/// is being parsed.
void add_embed_options(CLI::App& command, EmbedOptions& options);

}  // namespace attune::cli
