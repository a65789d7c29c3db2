#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/console.h"

namespace attune::cli {

/// One call of the program: what the options that hold for every command say, and the command that
/// was chosen. Commands fill `command` while the line is read; it runs afterwards.
struct Session {
  bool quiet = false;
  /// 0, 1 for -v, 2 for -vv.
  int verbosity = 0;
  bool log_json = false;
  std::vector<std::string> plugins;

  /// Set up before `command` runs.
  std::unique_ptr<Console> console;
  /// Returns the exit code; throws Error.
  std::function<int()> command;
};

// Each adds one subcommand to the program.
void add_run_command(CLI::App& program, Session& session);
void add_live_command(CLI::App& program, Session& session);
void add_caption_command(CLI::App& program, Session& session);
void add_validate_command(CLI::App& program, Session& session);
void add_graph_command(CLI::App& program, Session& session);
void add_nodes_command(CLI::App& program, Session& session);
void add_batch_command(CLI::App& program, Session& session);
void add_embed_command(CLI::App& program, Session& session);
void add_convert_command(CLI::App& program, Session& session);
void add_lint_command(CLI::App& program, Session& session);
void add_index_command(CLI::App& program, Session& session);
void add_search_command(CLI::App& program, Session& session);
void add_models_command(CLI::App& program, Session& session);

}  // namespace attune::cli
