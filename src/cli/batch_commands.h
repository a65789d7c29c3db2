#pragma once

#include "cli/session.h"

namespace attune::cli {

// Each adds one subcommand to `attune batch`.
void add_batch_plan_command(CLI::App& batch, Session& session);
void add_batch_status_command(CLI::App& batch, Session& session);
void add_batch_retry_command(CLI::App& batch, Session& session);
void add_batch_report_command(CLI::App& batch, Session& session);
void add_batch_worker_command(CLI::App& batch, Session& session);

}  // namespace attune::cli
