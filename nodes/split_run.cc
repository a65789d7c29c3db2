#include "nodes/split_run.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "media/demuxer.h"
#include "nodes/part_player.h"
#include "nodes/part_recorder.h"
#include "nodes/seam.h"

namespace attune::nodes {
namespace {

/// The audio track that the pipeline takes.
std::string audio_track(const pipeline::Config& config) {
  for (const pipeline::NodeConfig& node : config.nodes)
    if (node.type->name == "demuxer") return node.parameters.get<std::string>("audio");
  throw Error(ErrorKind::kConfig,
              config.file.string() + ": cannot be split: it does not read recordings");
}

TimeSpan span_of(const pipeline::Config& config, const std::string& input,
                 const pipeline::PartNumber& part) {
  const std::string audio = audio_track(config);
  const media::MediaInfo info = media::probe(input, {.audio_track = audio});
  if (!info.duration) throw Error(ErrorKind::kInput, input + ": does not say how long it is");
  const auto seam = [&](int index) {
    if (index == 0) return Timestamp::min();
    if (index == part.count) return Timestamp::max();
    return find_seam(input, audio, info.start_time + *info.duration * index / part.count);
  };
  return {seam(part.index), seam(part.index + 1)};
}

TimeSpan widened(TimeSpan span, Duration by) {
  if (span.start > Timestamp::min()) span.start -= by;
  if (span.end < Timestamp::max()) span.end += by;
  return span;
}

}  // namespace

int part_count(const std::string& input, Duration length) {
  const media::Demuxer demuxer(input);
  const auto duration = demuxer.info().duration;
  if (!duration || !demuxer.can_seek()) return 1;
  return std::max(1, static_cast<int>(std::lround(to_seconds(*duration) / to_seconds(length))));
}

pipeline::RunResult run_part(const pipeline::Config& config, const std::string& input,
                             const pipeline::PartNumber& part, OutputFiles* outputs,
                             pipeline::RunOptions options) {
  const pipeline::Split split = pipeline::split(config);
  PartDescription description{config.hash, {}, span_of(config, input, part)};
  for (const pipeline::StoredOutput& output : split.stored)
    description.outputs.push_back(output.name);
  options.part = widened(description.span, split.reach + kPartOverlap);
  const pipeline::NodeType recorder = part_recorder_type(split, std::move(description));
  return pipeline::run(pipeline::local_config(config, split, recorder), input, outputs, options);
}

pipeline::RunResult run_joined(const pipeline::Config& config, const std::string& input,
                               const std::vector<std::filesystem::path>& parts,
                               OutputFiles* outputs, const pipeline::RunOptions& options) {
  const pipeline::Split split = pipeline::split(config);
  const pipeline::NodeType player = part_player_type(config, split, parts);
  return pipeline::run(pipeline::rest_config(config, split, player), input, outputs, options);
}

}  // namespace attune::nodes
