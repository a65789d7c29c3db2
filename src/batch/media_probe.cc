#include "batch/media_probe.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "core/error.h"
#include "media/demuxer.h"

namespace attune::batch {
namespace {

bool is_recording(const media::MediaInfo& info) {
  if (info.audio() != nullptr) return true;
  // FFmpeg opens pictures ("png_pipe", "image2") and plain text ("tty") as films.
  return info.video() != nullptr && !info.container.ends_with("_pipe") &&
         info.container != "image2" && info.container != "tty";
}

ProbeOutcome look_into(const std::string& location) {
  ProbeOutcome outcome;
  try {
    const media::MediaInfo info = media::probe(location);
    outcome.is_recording = is_recording(info);
    outcome.duration = info.duration;
    if (outcome.duration && *outcome.duration <= Duration::zero()) outcome.duration.reset();
  } catch (const Error& error) {
    outcome.error = error.what();
  }
  return outcome;
}

}  // namespace

std::vector<ProbeOutcome> probe_all(const std::vector<std::string>& locations, int threads) {
  std::vector<ProbeOutcome> outcomes(locations.size());
  tbb::task_arena arena(threads > 0 ? threads : tbb::task_arena::automatic);
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, locations.size(),
                      [&](std::size_t i) { outcomes[i] = look_into(locations[i]); });
  });
  return outcomes;
}

std::vector<RejectedInput> probe_durations(std::vector<Item>& items, int threads) {
  std::vector<std::string> locations;
  for (const Item& item : items) {
    if (!item.duration) locations.push_back(item.input);
  }
  const std::vector<ProbeOutcome> outcomes = probe_all(locations, threads);
  std::vector<Item> kept;
  std::vector<RejectedInput> rejected;
  auto outcome = outcomes.begin();
  for (Item& item : items) {
    if (!item.duration) {
      const ProbeOutcome& seen = *outcome++;
      if (!seen.error.empty()) {
        rejected.push_back({item.origin, seen.error});
        continue;
      }
      item.duration = seen.duration;
    }
    kept.push_back(std::move(item));
  }
  items = std::move(kept);
  return rejected;
}

}  // namespace attune::batch
