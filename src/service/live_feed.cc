#include "service/live_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/backoff.h"
#include "core/log.h"
#include "core/redact.h"
#include "media/live_source.h"
#include "pipeline/graph.h"
#include "pipeline/latency.h"

namespace attune::service {
namespace {

constexpr Duration kFirstDelay = std::chrono::milliseconds(500);
constexpr Duration kLongestDelay = std::chrono::seconds(30);
/// A graph that ran for so long before it failed is built anew without delay.
constexpr Duration kRanWell = std::chrono::minutes(1);

/// Counts what was found.
class EventCounter final : public live::EventSink {
 public:
  EventCounter(std::atomic<std::int64_t>& segments, std::atomic<std::int64_t>& captions)
      : segments_(segments), captions_(captions) {}
  void take(const live::Event& event) override {
    if (!event.is_final) return;
    if (event.kind == live::EventKind::kSegment) ++segments_;
    if (event.kind == live::EventKind::kCaption) ++captions_;
  }

 private:
  std::atomic<std::int64_t>& segments_;
  std::atomic<std::int64_t>& captions_;
};

/// The event_writer that gets what the node type says on `input`; empty when there is none.
std::string writer_of(const pipeline::Config& config, std::string_view input) {
  for (const pipeline::NodeConfig& node : config.nodes) {
    if (node.type->name != "event_writer") continue;
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i].connected() && node.type->inputs[i].name == input) return node.name;
  }
  return "";
}

FeedPromise promise_of(const pipeline::Config& config) {
  FeedPromise promise;
  promise.speech_budget = config.latency_budget.value();
  promise.caption_budget = config.budget_of(writer_of(config, "cues"));
  for (const pipeline::NodeConfig& node : config.nodes)
    if (node.type->name == "live_source" && node.parameters.get<double>("recording_speed") == 0)
      promise.is_live = false;
  const auto paths = pipeline::slowest_paths(config);
  // Scores are there before the pause that ends a segment.
  const pipeline::NodeConfig* aligner = nullptr;
  for (const auto& node : config.nodes)
    if (node.type->name == "aligner") aligner = &node;
  for (const pipeline::LatencyPath& path : paths.value()) {
    Duration sum{};
    for (const auto& step : path.steps) {
      sum += step.added;
      if (aligner != nullptr && step.node == aligner->name)
        promise.speech_declared = std::max(promise.speech_declared, sum);
    }
  }
  return promise;
}

void require_live(const pipeline::Config& config) {
  if (config.latency_budget) return;
  throw Error(ErrorKind::kConfig,
              fmt::format("{}: no live pipeline: it has no 'latency'; add latency: 2s, or run it "
                          "over recordings with attune run",
                          config.file.string()));
}

bool is_for_good(ErrorKind kind) {
  return kind == ErrorKind::kUsage || kind == ErrorKind::kConfig || kind == ErrorKind::kModel;
}

live::FeedNews news_of(media::InputState state) {
  switch (state) {
    case media::InputState::kConnecting:
      return live::FeedNews::kConnecting;
    case media::InputState::kRunning:
      return live::FeedNews::kRunning;
    case media::InputState::kWaiting:
      return live::FeedNews::kWaiting;
    case media::InputState::kEnded:
      return live::FeedNews::kEnded;
  }
  return live::FeedNews::kEnded;
}

FeedState state_of(media::InputState state) {
  switch (state) {
    case media::InputState::kConnecting:
      return FeedState::kConnecting;
    case media::InputState::kRunning:
      return FeedState::kRunning;
    case media::InputState::kWaiting:
      return FeedState::kWaiting;
    case media::InputState::kEnded:
      return FeedState::kEnded;
  }
  return FeedState::kEnded;
}

}  // namespace

LiveFeed::LiveFeed(FeedRequest request, LiveFeedOptions options)
    : request_(std::move(request)), options_(std::move(options)), config_(options_.load_config()) {
  require_live(config_);
  media::read_live_source(request_.source);
  std::error_code code;
  std::filesystem::create_directories(options_.folder, code);
  if (code)
    throw Error(ErrorKind::kOutput, fmt::format("{}: the folder cannot be made: {}",
                                                options_.folder.string(), code.message()));
  watch_ = std::make_shared<FeedWatch>(promise_of(config_));
  place_.emplace(request_.name, options_.folder, std::chrono::system_clock::now());
  events_->add(hub_);
  events_->add(std::make_shared<EventCounter>(segments_, captions_));
  link_.events = events_;
  link_.news = std::make_shared<live::EventBus>();
  link_.monitor = hub_;
  link_.observer = watch_;
  link_.now = [watch = watch_] { return watch->now(); };
  link_.age = [watch = watch_](Timestamp t) { return watch->age(t); };
  link_.is_ending = [this] {
    const auto input = watch_->input();
    return stopping_ || (input && input->status().state == media::InputState::kEnded);
  };
  link_.caption_budget = watch_->promise().caption_budget;
  link_.load_level = watch_->load_level();
  thread_ = std::thread([this] { run(); });
}

LiveFeed::~LiveFeed() {
  stop();
  thread_.join();
  hub_->close();
}

void LiveFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_graph_ = true;
  }
  wake_.notify_all();
  if (const auto input = watch_->input()) input->stop();
}

void LiveFeed::reload() {
  try {
    pipeline::Config config = options_.load_config();
    require_live(config);
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
    is_new_config_ = true;
    stop_graph_ = true;
  } catch (const Error& error) {
    log()->error("feed {}: the pipeline as it was goes on: {}", request_.name, error.what());
    return;
  }
  wake_.notify_all();
}

std::optional<Error> LiveFeed::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void LiveFeed::run() {
  Backoff backoff(kFirstDelay, kLongestDelay, std::hash<std::string>()(request_.name));
  while (!stopping_) {
    pipeline::Config config;
    {
      const std::lock_guard lock(mutex_);
      config = config_;
      is_new_config_ = false;
      stop_graph_ = stopping_.load();
    }
    const auto began = std::chrono::steady_clock::now();
    try {
      run_graph(config);
      const auto input = watch_->input();
      if (input && input->status().state == media::InputState::kEnded) break;
    } catch (const Error& error) {
      const auto input = watch_->input();
      const bool is_over = input && input->status().state == media::InputState::kEnded;
      if (is_for_good(error.kind()) || is_over) {
        fail(error);
        break;
      }
      if (std::chrono::steady_clock::now() - began > kRanWell) backoff.reset();
      const Duration delay = backoff.next();
      const std::string message = redacted(error.what(), request_.source);
      log()->error("feed {}: {}; begun anew in {:.1f} s", request_.name, message,
                   to_seconds(delay));
      tell(live::FeedNews::kWaiting, message);
      std::unique_lock lock(mutex_);
      problem_ = message;
      ++restarts_;
      wake_.wait_for(lock, delay, [this] { return stopping_ || is_new_config_; });
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_ != FeedState::kFailed) state_ = FeedState::kEnded;
  }
  if (!failure()) tell(live::FeedNews::kEnded, "");
  has_ended_ = true;
}

void LiveFeed::run_graph(const pipeline::Config& config) {
  pipeline::RunOptions options;
  options.threads = options_.threads;
  options.stop = &stop_graph_;
  options.observer = [this](const pipeline::Progress&) { tick(); };
  options.facts.put(*place_);
  options.facts.put(link_);
  pipeline::run(config, request_.source, nullptr, options);
}

void LiveFeed::fail(const Error& error) {
  const std::string message = redacted(error.what(), request_.source);
  log()->error("feed {}: {}", request_.name, message);
  {
    const std::lock_guard lock(mutex_);
    state_ = FeedState::kFailed;
    problem_ = message;
    failure_ = Error(error.kind(), message);
  }
  tell(live::FeedNews::kFailed, message);
}

void LiveFeed::tick() {
  follow_source();
  if (const auto change = watch_->update()) tell_load(*change);
  if (const auto late = watch_->lateness()) {
    const std::string budget = fmt::format("{:g} s", to_seconds(watch_->promise().speech_budget));
    if (*late) {
      log()->warn("feed {}: results come later than the {} promised", request_.name, budget);
      tell(live::FeedNews::kLate, "results come later than the " + budget + " promised");
    } else {
      tell(live::FeedNews::kInTime, "results come within " + budget + " again");
    }
  }
}

void LiveFeed::follow_source() {
  const auto input = watch_->input();
  if (!input) return;
  const media::InputStatus status = input->status();
  const FeedState state = state_of(status.state);
  bool is_new = false;
  bool is_broken = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = state != state_ && state_ != FeedState::kFailed;
    is_broken = status.discontinuities > discontinuities_ && discontinuities_ > 0;
    discontinuities_ = status.discontinuities;
    if (is_new) state_ = state;
    problem_ = status.problem;
  }
  if (is_new && state != FeedState::kEnded) tell(news_of(status.state), status.problem);
  if (is_broken) tell(live::FeedNews::kDiscontinuity, "");
}

live::EventStamp LiveFeed::stamp() {
  const Duration now = std::chrono::steady_clock::now() - start_;
  const auto input = watch_->input();
  return {.feed = request_.name,
          .id = next_event_++,
          .time = input ? input->now() : Timestamp(now),
          .wall = std::chrono::system_clock::now()};
}

void LiveFeed::tell(live::FeedNews news, const std::string& message) {
  const live::Event event = live::feed_event(stamp(), news, message);
  events_->take(event);
  link_.news->take(event);
}

void LiveFeed::tell_load(const live::LoadChange& change) {
  const std::string effect(live::load_effect(change.to));
  if (change.to > change.from) {
    log()->warn("feed {}: falls behind by {:.1f} s; step {}: {}", request_.name,
                to_seconds(watch_->lag()), change.to, effect);
  } else {
    log()->info("feed {}: has room again; step {}", request_.name, change.to);
  }
  const live::Event event = live::load_event(stamp(), {.from = change.from,
                                                       .to = change.to,
                                                       .effect = effect,
                                                       .lag = watch_->lag(),
                                                       .budget = watch_->promise().speech_budget});
  events_->take(event);
  link_.news->take(event);
}

FeedStatus LiveFeed::status() const {
  FeedStatus status;
  status.name = request_.name;
  status.source = redacted(request_.source);
  status.uptime = std::chrono::steady_clock::now() - start_;
  watch_->fill(status);
  status.segments = segments_;
  status.captions = captions_;
  const std::lock_guard lock(mutex_);
  status.config = config_.name;
  status.state = state_;
  status.problem = problem_;
  status.restarts = restarts_;
  return status;
}

}  // namespace attune::service
