#include "cli/batch_inputs.h"

#include "core/error.h"
#include "core/log.h"

namespace attune::cli {

void add_batch_input_options(CLI::App& command, BatchInputOptions& options) {
  command.add_option("input", options.inputs,
                     "Recordings: files, folders with all below, addresses, or patterns in quotes "
                     "('archive/**/*.mkv')");
  command
      .add_option("--manifest", options.manifest,
                  "List of recordings, one a line as path, address or JSON object with input, "
                  "output, set, metadata, duration, chunk; - for standard input")
      ->type_name("FILE");
  command.add_flag("--from0", options.from_null_separated,
                   "The manifest is of plain names ended by zero bytes, as of find -print0");
  auto* extensions = command
                         .add_option("--extensions", options.extensions,
                                     "Endings of the files to take from folders, instead of those "
                                     "of films and sound that are known")
                         ->type_name("mp4,wav...")
                         ->delimiter(',')
                         ->allow_extra_args(false);
  command
      .add_flag("--probe", options.probe,
                "Open every file in folders and take the recordings, whatever their names")
      ->excludes(extensions);
}

batch::InputList find_batch_inputs(const BatchInputOptions& options,
                                   const std::filesystem::path& output_folder, int threads) {
  if (options.inputs.empty() && options.manifest.empty()) {
    throw Error(ErrorKind::kUsage, "no inputs: name files, folders or patterns, or a --manifest");
  }
  if (options.from_null_separated && options.manifest.empty()) {
    throw Error(ErrorKind::kUsage, "--from0 says how a list is written: add --manifest FILE");
  }
  batch::InputSources sources;
  sources.arguments = options.inputs;
  if (!options.manifest.empty()) {
    sources.manifest = batch::read_manifest(
        options.manifest, options.from_null_separated ? batch::ManifestFormat::kNullSeparated
                                                      : batch::ManifestFormat::kLines);
  }
  sources.extensions = options.extensions;
  sources.probe = options.probe;
  sources.threads = threads;
  sources.output_folder = output_folder;
  batch::InputList list = batch::find_inputs(sources);
  for (const batch::RejectedInput& input : list.left_out) {
    log()->warn("{}: {}", input.origin, input.message);
  }
  for (const batch::RejectedInput& input : list.rejected) {
    log()->error("{}: {}", input.origin, input.message);
  }
  return list;
}

void add_shard_option(CLI::App& command, std::string& shard) {
  command
      .add_option("--shard", shard,
                  "Do the I-th of N parts of the batch, from 1/N to N/N; auto: the part of this "
                  "task of a Slurm, Kubernetes or AWS Batch array; none: all")
      ->type_name("I/N|auto|none")
      ->capture_default_str();
}

std::optional<batch::Shard> chosen_shard(const std::string& shard) {
  if (shard == "none") return std::nullopt;
  if (shard != "auto") return batch::parse_shard(shard);
  const std::optional<batch::EngineShard> found = batch::shard_from_environment();
  if (!found) return std::nullopt;
  log()->info("part {} of {}, as {} says", found->shard.index + 1, found->shard.count,
              found->engine);
  return found->shard;
}

}  // namespace attune::cli
