#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "live/counted_output.h"
#include "live/load_policy.h"
#include "service/monitor_hub.h"

namespace attune::service {

/// A feed to add.
struct FeedRequest {
  /// Letters, digits, '-', '_' and '.'; unique among the feeds.
  std::string name;
  /// May hold credentials; never in answers and logs.
  std::string source;
  /// Pipeline: a file or the name of one that ships; empty: the service's.
  std::string config{};
  /// Values of the pipeline's parameters, as with --set.
  std::map<std::string, std::string> settings{};
  /// Asked for over HTTP: it reads no descriptor of the process and writes into its folder alone.
  bool is_confined = false;
};

enum class FeedState { kConnecting, kRunning, kWaiting, kFailed, kEnded };

/// "connecting", "running", "waiting", "failed", "ended".
std::string_view name(FeedState state);

/// How late one kind of results is.
struct LatencyStatus {
  /// Promised.
  Duration budget{};
  /// Of the last minute: from the arrival of a sample to the final result for it. Nothing before
  /// the first result.
  std::optional<Duration> median;
  std::optional<Duration> p99;
  std::int64_t results = 0;
  /// Results that came later than the budget.
  std::int64_t late = 0;
};

struct OutputStatus {
  /// A path, "-", or an address without secrets.
  std::string name;
  live::OutputCounts counts;
};

/// What people and monitors want to know of a feed.
struct FeedStatus {
  std::string name;
  /// Without secrets.
  std::string source;
  std::string config;
  FeedState state = FeedState::kConnecting;
  /// A sentence without secrets; empty when all is well.
  std::string problem;
  /// Since the feed was added.
  Duration uptime{};
  /// Where the feed is on its clock.
  Timestamp media_time{};
  /// Who speaks, and final captions.
  LatencyStatus speech;
  LatencyStatus caption;
  /// Step of the policy for falling behind: 0 is none.
  int load_level = 0;
  /// What that step does, for people: "faces are looked for half as often".
  std::string load_effect;
  /// How often each step was taken from below; [0] is none.
  std::array<std::int64_t, live::kHighestLoadLevel + 1> load_steps{};
  std::int64_t connections = 0;
  std::int64_t discontinuities = 0;
  std::int64_t restarts = 0;
  std::int64_t pictures_dropped = 0;
  std::int64_t sound_dropped = 0;
  std::int64_t read_errors = 0;
  std::int64_t input_bytes = 0;
  std::optional<double> drift_ppm;
  std::int64_t segments = 0;
  std::int64_t captions = 0;
  /// Stretches of speech whose captions would have come too late.
  std::int64_t captions_skipped = 0;
  std::vector<OutputStatus> outputs;
};

/// The feeds of the process, as the HTTP interface sees them. Thread-safe.
class FeedDirectory {
 public:
  virtual ~FeedDirectory() = default;

  /// In order of name.
  virtual std::vector<FeedStatus> feeds() const = 0;
  /// Throws Error(kUsage) for a name that is taken or not allowed, Error(kConfig), Error(kModel)
  /// and Error(kInput) as the pipeline and the address deserve. Returns when the feed has begun to
  /// connect.
  virtual void add(const FeedRequest& request) = 0;
  /// Ends it; what it has found so far is written. Throws Error(kUsage) when there is none.
  virtual void remove(const std::string& name) = 0;
  /// What the monitor page shows of a feed; null when there is none of that name.
  virtual std::shared_ptr<MonitorHub> monitor(const std::string& name) const = 0;
  /// False while a feed has failed or the process ends.
  virtual bool ready() const = 0;
};

}  // namespace attune::service
