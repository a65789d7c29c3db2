#include "cli/program.h"

#include <fmt/format.h>

#include "cli/plugins.h"
#include "cli/session.h"
#include "core/error.h"
#include "core/log.h"
#include "core/version.h"
#include "nodes/all_nodes.h"

namespace attune::cli {
namespace {

constexpr const char* kFooter = R"(Exit codes:
  0    done
  1    some of several inputs failed; lint: there are violations; search: nothing found
  2    wrong command line or pipeline description
  3    an input cannot be read
  4    model weights missing or damaged
  5    results cannot be written
  70   a defect of attune
  75   batch: ended early by what may pass (full disk, share gone); run it again later
  130  stopped by SIGINT (Ctrl-C), 143 by SIGTERM; what was finished is written)";

constexpr int kUsageExitCode = 2;

void add_global_options(CLI::App& program, Session& session) {
  program.set_version_flag("--version", fmt::format("attune {}", kVersion));
  program.add_flag("-q,--quiet", session.quiet, "Print nothing but errors");
  program.add_flag("-v,--verbose", session.verbosity, "Say more; -vv also says why");
  program.add_flag("--log-json", session.log_json,
                   "Messages and progress as JSON lines on standard error");
  program
      .add_option("--plugin", session.plugins, "Shared library with node types; may be repeated")
      ->type_name("FILE.so")
      ->allow_extra_args(false);
}

void add_commands(CLI::App& program, Session& session) {
  add_caption_command(program, session);
  add_live_command(program, session);
  add_run_command(program, session);
  add_batch_command(program, session);
  add_embed_command(program, session);
  add_validate_command(program, session);
  add_graph_command(program, session);
  add_nodes_command(program, session);
  add_convert_command(program, session);
  add_lint_command(program, session);
  add_index_command(program, session);
  add_search_command(program, session);
  add_models_command(program, session);
  program.require_subcommand(1);
  for (CLI::App* command : program.get_subcommands({})) {
    command->fallthrough();
    for (CLI::App* inner : command->get_subcommands({})) inner->fallthrough();
  }
}

void start_console(Session& session) {
  session.console =
      std::make_unique<Console>(stderr, session.log_json ? Style::kJsonLines : Style::kText);
  auto level = session.verbosity > 1 ? spdlog::level::debug : spdlog::level::info;
  if (session.verbosity == 0) level = spdlog::level::warn;
  session.console->receive_log(session.quiet ? spdlog::level::err : level);
}

int run_command(Session& session) {
  auto& registry = pipeline::NodeRegistry::instance();
  nodes::register_all(registry);
  for (const std::string& plugin : session.plugins) load_plugin(plugin, registry);
  return session.command();
}

int report(const Error& error) {
  log()->error("{}", error.what());
  return exit_code(error.kind());
}

int parse_and_run(int argc, char** argv, Session& session) {
  CLI::App program("attune aligns sound with picture: who speaks, when, on screen or off.",
                   "attune");
  program.footer(kFooter);
  add_global_options(program, session);
  add_commands(program, session);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kUsageExitCode;
  }
  start_console(session);
  return run_command(session);
}

}  // namespace

int run_program(int argc, char** argv) noexcept {
  // The logger writes to the session's console for as long as anything may log.
  Session session;
  int code = 0;
  try {
    code = parse_and_run(argc, argv, session);
  } catch (const Error& error) {
    code = report(error);
  } catch (const std::bad_alloc&) {
    code = report(Error(ErrorKind::kInternal, "out of memory"));
  } catch (const std::exception& error) {
    code = report(Error(ErrorKind::kInternal, fmt::format("a defect of attune: {}", error.what())));
  }
  spdlog::drop("attune");
  return code;
}

}  // namespace attune::cli
