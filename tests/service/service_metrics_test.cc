#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <regex>
#include <sstream>

#include "service/http_server.h"
#include "service/metrics.h"
#include "tests/service/feed_double.h"

namespace attune::service {
namespace {

/// Reads Prometheus' text format 0.0.4 strictly: name and labels to value.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    EXPECT_TRUE(text.ends_with('\n'));
  }

  double value(const std::string& sample) const {
    const auto found = samples_.find(sample);
    if (found != samples_.end()) return found->second;
    ADD_FAILURE() << "no " << sample;
    return 0;
  }
  bool has(const std::string& sample) const { return samples_.contains(sample); }
  const std::map<std::string, std::string>& types() const { return types_; }

 private:
  void read(const std::string& line) {
    static const std::regex kHelp(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*)");
    static const std::regex kType(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge))");
    static const std::regex kSample(
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*",?)*\})? (\S+))");
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      EXPECT_TRUE(helped_.insert(match[1]).second) << line;
    } else if (std::regex_match(line, match, kType)) {
      EXPECT_TRUE(helped_.contains(match[1])) << line;
      EXPECT_TRUE(types_.emplace(match[1], match[2]).second) << line;
      last_ = match[1];
    } else if (std::regex_match(line, match, kSample)) {
      EXPECT_EQ(match[1], last_) << "samples of a metric stand together";
      EXPECT_TRUE(
          samples_.emplace(match[1].str() + match[2].str(), std::stod(match[5].str())).second)
          << line;
    } else {
      ADD_FAILURE() << line;
    }
  }

  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> samples_;
  std::string last_;
};

FeedStatus measured_feed() {
  FeedStatus feed;
  feed.name = "studio";
  feed.source = "rtsp://***@camera/\"1\"";
  feed.config = "C:\\live";
  feed.state = FeedState::kRunning;
  feed.uptime = std::chrono::seconds(90);
  feed.media_time = std::chrono::milliseconds(89500);
  feed.speech = {.budget = std::chrono::seconds(2),
                 .median = std::chrono::milliseconds(800),
                 .p99 = std::chrono::milliseconds(1250),
                 .results = 2,
                 .late = 1};
  feed.caption = {.budget = std::chrono::seconds(8),
                  .median = std::chrono::milliseconds(4500),
                  .p99 = std::chrono::milliseconds(7500),
                  .results = 21,
                  .late = 20};
  feed.load_level = 3;
  feed.load_steps = {0, 4, 3, 2, 1, 0};
  feed.connections = 5;
  feed.discontinuities = 6;
  feed.restarts = 7;
  feed.pictures_dropped = 8;
  feed.sound_dropped = 9;
  feed.read_errors = 10;
  feed.input_bytes = 123456789;
  feed.drift_ppm = -12.5;
  feed.segments = 12;
  feed.captions = 13;
  feed.captions_skipped = 14;
  feed.outputs = {
      {.name = "/var/lib/attune/studio/events.jsonl",
       .counts = {.kind = "file", .written = 31, .lost = 32, .failures = 33, .waiting = {}}},
      {.name = "https://***@receiver/hook",
       .counts = {.kind = "webhook", .written = 41, .lost = 42, .failures = 43, .waiting = 44}}};
  return feed;
}

struct ServiceMetricsTest : testing::Test {
  std::string scrape() {
    const auto answer = httplib::Client("127.0.0.1", server.port()).Get("/metrics");
    EXPECT_EQ(answer->status, 200);
    EXPECT_TRUE(answer->get_header_value("Content-Type").starts_with("text/plain; version=0.0.4"));
    return answer->body;
  }

  FeedDouble feeds;
  HttpServer server{feeds, {}};
};

TEST_F(ServiceMetricsTest, TellsAllThatIsKnownOfAFeed) {
  feeds.put(measured_feed());
  feeds.put("fresh");
  const Exposition read(scrape());
  EXPECT_EQ(read.value("attune_feeds"), 2);
  EXPECT_EQ(read.value("attune_ready"), 1);
  EXPECT_EQ(read.value(R"(attune_feed_info{feed="studio",source="rtsp://***@camera/\"1\"",)"
                       R"(config="C:\\live"})"),
            1);
  EXPECT_EQ(read.value(R"(attune_feed_state{feed="studio",state="running"})"), 1);
  EXPECT_EQ(read.value(R"(attune_feed_state{feed="studio",state="waiting"})"), 0);
  EXPECT_EQ(read.value(R"(attune_feed_state{feed="fresh",state="connecting"})"), 1);
  EXPECT_DOUBLE_EQ(read.value(R"(attune_feed_clock_drift_ratio{feed="studio"})"), -12.5e-6);
  EXPECT_FALSE(read.has(R"(attune_feed_clock_drift_ratio{feed="fresh"})"));
  const std::map<std::string, double> kValues{
      {"uptime_seconds", 90},           {"media_time_seconds", 89.5}, {"load_level", 3},
      {"connections_total", 5},         {"discontinuities_total", 6}, {"restarts_total", 7},
      {"dropped_pictures_total", 8},    {"dropped_sound_total", 9},   {"read_errors_total", 10},
      {"input_bytes_total", 123456789}, {"segments_total", 12},       {"captions_total", 13},
      {"skipped_captions_total", 14}};
  for (const auto& [name, value] : kValues) {
    EXPECT_EQ(read.value("attune_feed_" + name + "{feed=\"studio\"}"), value) << name;
    EXPECT_TRUE(read.has("attune_feed_" + name + "{feed=\"fresh\"}")) << name;
  }
}

TEST_F(ServiceMetricsTest, TellsSpeechAndCaptionsApart) {
  feeds.put(measured_feed());
  feeds.put("fresh");
  const Exposition read(scrape());
  const auto of = [&](const std::string& metric, const std::string& labels) {
    return read.value("attune_feed_" + metric + "{feed=\"studio\"," + labels + "}");
  };
  EXPECT_EQ(of("latency_budget_seconds", R"(result="speech")"), 2);
  EXPECT_EQ(of("latency_budget_seconds", R"(result="captions")"), 8);
  EXPECT_EQ(of("latency_seconds", R"(result="speech",percentile="50")"), 0.8);
  EXPECT_EQ(of("latency_seconds", R"(result="speech",percentile="99")"), 1.25);
  EXPECT_EQ(of("latency_seconds", R"(result="captions",percentile="50")"), 4.5);
  EXPECT_EQ(of("latency_seconds", R"(result="captions",percentile="99")"), 7.5);
  EXPECT_FALSE(
      read.has(R"(attune_feed_latency_seconds{feed="fresh",result="speech",percentile="50"})"));
  EXPECT_EQ(of("results_total", R"(result="speech")"), 2);
  EXPECT_EQ(of("late_results_total", R"(result="speech")"), 1);
  EXPECT_EQ(of("results_total", R"(result="captions")"), 21);
  EXPECT_EQ(of("late_results_total", R"(result="captions")"), 20);
}

TEST_F(ServiceMetricsTest, CountsEachStepAndEachOutput) {
  feeds.put(measured_feed());
  const Exposition read(scrape());
  for (const int step : {1, 2, 3, 4, 5})
    EXPECT_EQ(read.value("attune_feed_load_steps_total{feed=\"studio\",step=\"" +
                         std::to_string(step) + "\"}"),
              5 - step);
  const std::string file =
      R"({feed="studio",output="/var/lib/attune/studio/events.jsonl",kind="file"})";
  const std::string webhook =
      R"({feed="studio",output="https://***@receiver/hook",kind="webhook"})";
  EXPECT_EQ(read.value("attune_feed_output_written_total" + file), 31);
  EXPECT_EQ(read.value("attune_feed_output_lost_total" + file), 32);
  EXPECT_EQ(read.value("attune_feed_output_failures_total" + file), 33);
  EXPECT_FALSE(read.has("attune_feed_output_waiting" + file));
  EXPECT_EQ(read.value("attune_feed_output_written_total" + webhook), 41);
  EXPECT_EQ(read.value("attune_feed_output_waiting" + webhook), 44);
}

TEST_F(ServiceMetricsTest, KeepsPrometheusNames) {
  feeds.put(measured_feed());
  const Exposition read(scrape());
  for (const auto& [name, type] : read.types()) {
    EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
    EXPECT_TRUE(name.starts_with("attune_") || name.starts_with("process_")) << name;
  }
}

TEST_F(ServiceMetricsTest, TellsOfTheProcess) {
  const Exposition read(scrape());
  EXPECT_GT(read.value("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(read.value("process_virtual_memory_bytes"),
            read.value("process_resident_memory_bytes"));
  EXPECT_GT(read.value("process_cpu_seconds_total"), 0);
  EXPECT_GE(read.value("process_open_fds"), 4);
  EXPECT_GT(read.value("process_max_fds"), read.value("process_open_fds"));
  const double age = static_cast<double>(time(nullptr)) - read.value("process_start_time_seconds");
  EXPECT_GE(age, -1);
  EXPECT_LT(age, 3600);
}

TEST_F(ServiceMetricsTest, ARemovedFeedLeavesNothing) {
  feeds.put("studio");
  EXPECT_NE(scrape().find("studio"), std::string::npos);
  feeds.remove("studio");
  const std::string text = scrape();
  EXPECT_EQ(text.find("studio"), std::string::npos);
  EXPECT_EQ(Exposition(text).value("attune_feeds"), 0);
}

}  // namespace
}  // namespace attune::service
