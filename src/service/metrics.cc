#include "service/metrics.h"

#include <prometheus/text_serializer.h>

#include <array>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "core/version.h"
#include "service/process_metrics.h"

namespace attune::service {
namespace {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;
using prometheus::MetricType;

constexpr std::array kFeedStates{FeedState::kConnecting, FeedState::kRunning, FeedState::kWaiting,
                                 FeedState::kFailed, FeedState::kEnded};

/// One family, with a value for each feed; `read` returns a number, or a std::optional of one.
class FamilyWriter {
 public:
  FamilyWriter(const std::vector<FeedStatus>& feeds,
               std::vector<prometheus::MetricFamily>& families)
      : feeds_(feeds), families_(families) {}

  template <class Read>
  void counter(const char* name, const char* help, Read read) {
    begin(name, help, MetricType::Counter);
    for (const FeedStatus& feed : feeds_) add(feed, {}, static_cast<double>(read(feed)));
  }

  template <class Read>
  void gauge(const char* name, const char* help, Read read) {
    begin(name, help, MetricType::Gauge);
    for (const FeedStatus& feed : feeds_)
      if (const std::optional<double> value = read(feed)) add(feed, {}, *value);
  }

  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back({name, help, type, {}});
  }

  /// To the family begun last.
  void add(const FeedStatus& feed, MetricLabels labels, double value) {
    prometheus::ClientMetric metric;
    metric.label = {{"feed", feed.name}};
    metric.label.insert(metric.label.end(), labels.begin(), labels.end());
    const bool is_counter = families_.back().type == MetricType::Counter;
    (is_counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
  }

 private:
  const std::vector<FeedStatus>& feeds_;
  std::vector<prometheus::MetricFamily>& families_;
};

std::optional<double> seconds_of(const std::optional<Duration>& duration) {
  return duration ? std::optional(to_seconds(*duration)) : std::nullopt;
}

void write_state(FamilyWriter& write, const std::vector<FeedStatus>& feeds) {
  write.begin("attune_feed_info", "Where a feed comes from, and its pipeline.", MetricType::Gauge);
  for (const FeedStatus& feed : feeds)
    write.add(feed, {{"source", feed.source}, {"config", feed.config}}, 1);
  write.begin("attune_feed_state", "1 for the state that the feed is in.", MetricType::Gauge);
  for (const FeedStatus& feed : feeds)
    for (const FeedState state : kFeedStates)
      write.add(feed, {{"state", std::string(name(state))}}, state == feed.state ? 1 : 0);
  write.gauge("attune_feed_uptime_seconds", "Time since the feed was added.",
              [](const auto& feed) { return to_seconds(feed.uptime); });
  write.gauge("attune_feed_media_time_seconds", "Where the feed is on its clock.",
              [](const auto& feed) { return to_seconds(feed.media_time); });
}

/// Who speaks, and captions, of every feed.
template <class Read>
void for_each_result(const std::vector<FeedStatus>& feeds, Read read) {
  for (const FeedStatus& feed : feeds) {
    read(feed, "speech", feed.speech);
    read(feed, "captions", feed.caption);
  }
}

void write_latency(FamilyWriter& write, const std::vector<FeedStatus>& feeds) {
  using Name = const char*;
  write.begin("attune_feed_latency_budget_seconds", "Latency promised.", MetricType::Gauge);
  for_each_result(feeds, [&](const auto& feed, Name result, const auto& latency) {
    write.add(feed, {{"result", result}}, to_seconds(latency.budget));
  });
  // No summary: it would have to have a sum, and quantiles of one whose window is not a scrape's.
  write.begin("attune_feed_latency_seconds",
              "From the arrival of a sample to the final result for it, over the last minute.",
              MetricType::Gauge);
  for_each_result(feeds, [&](const auto& feed, Name result, const auto& latency) {
    if (const auto median = seconds_of(latency.median))
      write.add(feed, {{"result", result}, {"percentile", "50"}}, *median);
    if (const auto p99 = seconds_of(latency.p99))
      write.add(feed, {{"result", result}, {"percentile", "99"}}, *p99);
  });
  write.begin("attune_feed_results_total", "Final results.", MetricType::Counter);
  for_each_result(feeds, [&](const auto& feed, Name result, const auto& latency) {
    write.add(feed, {{"result", result}}, static_cast<double>(latency.results));
  });
  write.begin("attune_feed_late_results_total", "Final results later than promised.",
              MetricType::Counter);
  for_each_result(feeds, [&](const auto& feed, Name result, const auto& latency) {
    write.add(feed, {{"result", result}}, static_cast<double>(latency.late));
  });
}

void write_load(FamilyWriter& write, const std::vector<FeedStatus>& feeds) {
  write.gauge("attune_feed_load_level", "Step of the policy for falling behind; 0 is none.",
              [](const auto& feed) { return static_cast<double>(feed.load_level); });
  write.begin("attune_feed_load_steps_total", "How often a step was taken.", MetricType::Counter);
  for (const FeedStatus& feed : feeds)
    for (std::size_t step = 1; step < feed.load_steps.size(); ++step)
      write.add(feed, {{"step", std::to_string(step)}}, static_cast<double>(feed.load_steps[step]));
  write.counter("attune_feed_dropped_pictures_total", "Pictures dropped for want of time.",
                [](const auto& feed) { return feed.pictures_dropped; });
  write.counter("attune_feed_dropped_sound_total", "Pieces of sound dropped for want of time.",
                [](const auto& feed) { return feed.sound_dropped; });
}

void write_input(FamilyWriter& write) {
  write.counter("attune_feed_connections_total", "Connections made to the source.",
                [](const auto& feed) { return feed.connections; });
  write.counter("attune_feed_discontinuities_total", "Breaks of the feed's clock.",
                [](const auto& feed) { return feed.discontinuities; });
  write.counter("attune_feed_restarts_total", "Times that the pipeline was built anew.",
                [](const auto& feed) { return feed.restarts; });
  write.counter("attune_feed_read_errors_total", "Packets damaged or not to be read.",
                [](const auto& feed) { return feed.read_errors; });
  write.counter("attune_feed_input_bytes_total", "Bytes read from the source.",
                [](const auto& feed) { return feed.input_bytes; });
  write.gauge("attune_feed_clock_drift_ratio",
              "How much faster the source's clock runs than this machine's, as a share.",
              [](const FeedStatus& feed) -> std::optional<double> {
                if (!feed.drift_ppm) return std::nullopt;
                return *feed.drift_ppm * 1e-6;
              });
  write.counter("attune_feed_segments_total", "Stretches of speech found.",
                [](const auto& feed) { return feed.segments; });
  write.counter("attune_feed_captions_total", "Final captions.",
                [](const auto& feed) { return feed.captions; });
  write.counter("attune_feed_skipped_captions_total",
                "Stretches of speech whose captions would have come too late.",
                [](const auto& feed) { return feed.captions_skipped; });
}

void write_outputs(FamilyWriter& write, const std::vector<FeedStatus>& feeds) {
  const auto labels = [](const OutputStatus& output) -> MetricLabels {
    return {{"output", output.name}, {"kind", std::string(output.counts.kind)}};
  };
  const auto counter = [&](const char* name, const char* help,
                           std::int64_t live::OutputCounts::*count) {
    write.begin(name, help, MetricType::Counter);
    for (const FeedStatus& feed : feeds)
      for (const OutputStatus& output : feed.outputs)
        write.add(feed, labels(output), static_cast<double>(output.counts.*count));
  };
  counter("attune_feed_output_written_total", "Events, captions or segments written.",
          &live::OutputCounts::written);
  counter("attune_feed_output_lost_total", "Given up, or refused for good.",
          &live::OutputCounts::lost);
  counter("attune_feed_output_failures_total", "Times that an output could not be written.",
          &live::OutputCounts::failures);
  write.begin("attune_feed_output_waiting", "Events that wait to be sent.", MetricType::Gauge);
  for (const FeedStatus& feed : feeds)
    for (const OutputStatus& output : feed.outputs)
      if (output.counts.waiting)
        write.add(feed, labels(output), static_cast<double>(*output.counts.waiting));
}

prometheus::MetricFamily single(const char* name, const char* help, MetricLabels labels,
                                double value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return {name, help, MetricType::Gauge, {metric}};
}

}  // namespace

std::vector<prometheus::MetricFamily> FeedMetrics::Collect() const {
  const std::vector<FeedStatus> feeds = feeds_.feeds();
  std::vector<prometheus::MetricFamily> families;
  families.push_back(single("attune_info", "Version of attune.", {{"version", kVersion}}, 1));
  families.push_back(single("attune_ready", "What /readyz says.", {}, feeds_.ready() ? 1 : 0));
  families.push_back(
      single("attune_feeds", "Feeds there are.", {}, static_cast<double>(feeds.size())));
  FamilyWriter write(feeds, families);
  write_state(write, feeds);
  write_latency(write, feeds);
  write_load(write, feeds);
  write_input(write);
  write_outputs(write, feeds);
  std::vector<prometheus::MetricFamily> process = process_metrics();
  families.insert(families.end(), std::make_move_iterator(process.begin()),
                  std::make_move_iterator(process.end()));
  // Without feeds some have nothing to say.
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  return families;
}

void add_metrics_route(HttpRouter& router, const FeedDirectory& feeds) {
  router.add("GET", "/metrics", HttpPermission::kRead, [&feeds](const HttpCall&, auto& response) {
    response.set_content(prometheus::TextSerializer().Serialize(FeedMetrics(feeds).Collect()),
                         "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace attune::service
