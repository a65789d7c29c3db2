#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "batch/input_state.h"
#include "batch/sandbox.h"
#include "batch/worker.h"
#include "cli/batch_commands.h"
#include "cli/inputs.h"
#include "core/error.h"
#include "core/sha256.h"
#include "media/input_check.h"
#include "nodes/split_run.h"

namespace attune::cli {
namespace {

/// Nothing that a batch started outlives it, whatever ends it.
void end_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    throw Error(ErrorKind::kStopped, "the batch that started this worker has ended");
}

void limit(decltype(RLIMIT_NOFILE) resource, rlim_t value) {
  const rlimit limits{value, value};
  ::setrlimit(resource, &limits);
}

/// Before any thread is started.
void confine(const batch::Job& job, Session& session) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, static_cast<rlim_t>(job.open_files));
  if (!job.confine) return;
  for (const std::string& missing : batch::confine({job.folder, media::is_address(job.input)}))
    session.console->event({{"event", "unconfined"}, {"message", missing}});
}

/// Beside the work: it reads ahead of the demuxer, so that the disk is read once where the memory
/// holds the file. What cannot be read the demuxer says better.
void tell_checksum(const std::string& input, Session& session) {
  try {
    session.console->event({{"event", "checksum"}, {"sha256", sha256_file(input)}});
  } catch (const Error&) {
    return;
  }
}

/// The first of the parts into which the recording is to be divided; nothing for the whole. What
/// cannot be opened the demuxer says better.
std::optional<pipeline::PartNumber> find_parts(const batch::Job& job, Session& session) {
  if (job.split_length == Duration::zero() || !job.parts.empty()) return std::nullopt;
  try {
    const int count = nodes::part_count(job.input, job.split_length);
    if (count == 1) return std::nullopt;
    session.console->event({{"event", "parts"}, {"count", count}});
    return pipeline::PartNumber{0, count};
  } catch (const Error&) {
    return std::nullopt;
  }
}

int work(Session& session) {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const batch::Job job = batch::parse_job(text);
  end_with_parent(job.parent);
  confine(job, session);
  const auto part = job.part ? job.part : find_parts(job, session);
  std::jthread checksum;
  if (!part && !media::is_address(job.input))
    checksum = std::jthread([&] { tell_checksum(job.input, session); });
  RunRequest request;
  request.config = job.pipeline;
  request.inputs = {job.input};
  request.output_folder = job.folder;
  request.overrides = job.settings;
  request.threads = job.threads;
  if (part) {
    request.run = [&](const auto& config, const auto& input, auto* outputs, const auto& options) {
      return nodes::run_part(config, input, *part, outputs, options);
    };
  } else if (!job.parts.empty()) {
    request.run = [&](const auto& config, const auto& input, auto* outputs, const auto& options) {
      return nodes::run_joined(config, input, job.parts, outputs, options);
    };
  }
  return run_inputs(request, session);
}

}  // namespace

void add_batch_worker_command(CLI::App& batch, Session& session) {
  // Without a group a subcommand is not shown: it is for attune batch itself.
  CLI::App* command = batch.add_subcommand("worker", "Work on one item")->group("");
  command->callback([&session] { session.command = [&session] { return work(session); }; });
}

}  // namespace attune::cli
