#pragma once

#include <vector>

#include "batch/batch_run.h"
#include "cli/batch_options.h"
#include "cli/session.h"

namespace attune::cli {

/// Runs the batch, shows how it comes along, lists at the end what failed, and returns the exit
/// code: 0 all done; 1 some failed; 2 a mistake that concerns all; 3 none could be read; 75 ended
/// early, a later run may go on; 130 or 143 stopped. Throws Error.
int run_and_tell(const std::vector<batch::Item>& items,
                 const std::vector<batch::RejectedInput>& rejected,
                 const batch::BatchOptions& options, const BatchWorkOptions& work,
                 Session& session);

}  // namespace attune::cli
