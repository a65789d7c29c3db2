#include "service/live_feed.h"

#include <fmt/format.h>

#include "core/log.h"
#include "core/redact.h"
#include "media/live_source.h"
#include "pipeline/graph.h"

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
  const media::LiveSource source = media::read_live_source(request_.source);
  if (request_.is_confined && source.descriptor >= 0)
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: a feed that is added over HTTP cannot read the standard input or "
                            "another descriptor of the service",
                            source.shown));
  std::error_code code;
  std::filesystem::create_directories(options_.folder, code);
  if (code)
    throw Error(ErrorKind::kOutput, fmt::format("{}: the folder cannot be made: {}",
                                                options_.folder.string(), code.message()));
  watch_ = std::make_shared<FeedWatch>(promise_of(config_));
  place_.emplace(request_.name, options_.folder, start_, request_.is_confined);
  events_->add(hub_);
  events_->add(std::make_shared<EventCounter>(segments_, captions_));
  link_.events = events_;
  link_.monitor = hub_;
  link_.observer = watch_;
  link_.now = [watch = watch_] { return watch->now(); };
  link_.age = [watch = watch_](Timestamp t) { return watch->age(t); };
  link_.is_ending = [this] { return stopping_ || source_has_ended(); };
  link_.load_level = watch_->load_level();
  thread_ = std::thread([this] { run(); });
}

LiveFeed::~LiveFeed() {
  stop();
  wait();
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

void LiveFeed::wait() {
  if (!thread_.joinable()) return;
  thread_.join();
  std::shared_ptr<live::EventBus> news;
  {
    const std::lock_guard lock(mutex_);
    news = std::move(news_);
  }
  // Here rather than with whoever looks at the feed last.
  news.reset();
  place_->clear();
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
      is_settled_ = false;
      stop_graph_ = stopping_.load();
    }
    const auto began = std::chrono::steady_clock::now();
    std::string problem;
    try {
      if (!run_graph(config)) break;
      continue;
    } catch (const std::exception& error) {
      problem = redacted(error.what(), request_.source);
    }
    if (std::chrono::steady_clock::now() - began > kRanWell) backoff.reset();
    begin_again(problem, backoff);
  }
  {
    const std::lock_guard lock(mutex_);
    if (state_ != FeedState::kFailed) state_ = FeedState::kEnded;
  }
  if (!failure()) tell(live::FeedNews::kEnded, "");
  has_ended_ = true;
}

bool LiveFeed::source_has_ended() const {
  const auto input = watch_->input();
  return input && input->status().state == media::InputState::kEnded;
}

bool LiveFeed::run_graph(const pipeline::Config& config) {
  try {
    build_graph(config);
    return !source_has_ended();
  } catch (const Error& error) {
    const bool is_over = source_has_ended();
    if (!is_for_good(error.kind()) && !is_over) throw;
    const std::lock_guard lock(mutex_);
    if (is_settled_ || !good_config_ || is_over) {
      failure_ = Error(error.kind(), redacted(error.what(), request_.source));
    } else {
      // It was read again with a mistake that only its nodes see.
      log()->error("feed {}: the pipeline as it was goes on: {}", request_.name,
                   redacted(error.what(), request_.source));
      if (!is_new_config_) config_ = *good_config_;
      good_config_.reset();
      return true;
    }
  }
  fail(*failure());
  return false;
}

void LiveFeed::build_graph(const pipeline::Config& config) {
  const FeedPromise promise = promise_of(config);
  watch_->set_promise(promise);
  live::FeedLink link = link_;
  link.caption_budget = promise.caption_budget;
  link.news = std::make_shared<live::EventBus>();
  {
    // Until this graph's writers are all there, those of the last one hear what happens.
    const std::lock_guard lock(mutex_);
    next_news_ = link.news;
    if (!news_) news_ = link.news;
  }
  place_->begin_graph();
  pipeline::RunOptions options;
  options.threads = options_.threads;
  options.stop = &stop_graph_;
  options.observer = [this, &config](const pipeline::Progress&) { tick(config); };
  options.facts.put(*place_);
  options.facts.put(std::move(link));
  pipeline::run(config, request_.source, nullptr, options);
}

/// All nodes are open: this graph it is, and its outputs.
void LiveFeed::settle_graph(const pipeline::Config& config) {
  std::shared_ptr<live::EventBus> old_news;
  {
    const std::lock_guard lock(mutex_);
    if (is_settled_) return;
    is_settled_ = true;
    good_config_ = config;
    old_news = std::exchange(news_, next_news_);
  }
  old_news.reset();
  place_->retire_unused();
}

/// After a failure that may pass.
void LiveFeed::begin_again(const std::string& problem, Backoff& backoff) {
  const Duration delay = backoff.next();
  log()->error("feed {}: {}; begun anew in {:.1f} s", request_.name, problem, to_seconds(delay));
  tell(live::FeedNews::kWaiting, problem);
  std::unique_lock lock(mutex_);
  state_ = FeedState::kWaiting;
  problem_ = problem;
  ++restarts_;
  wake_.wait_for(lock, delay, [this] { return stopping_ || is_new_config_; });
}

void LiveFeed::fail(const Error& error) {
  log()->error("feed {}: {}", request_.name, error.what());
  {
    const std::lock_guard lock(mutex_);
    state_ = FeedState::kFailed;
    problem_ = error.what();
  }
  tell(live::FeedNews::kFailed, error.what());
}

void LiveFeed::tick(const pipeline::Config& config) {
  settle_graph(config);
  follow_source();
  if (const auto change = watch_->update()) tell_load(*change);
  const FeedPromise promise = watch_->promise();
  if (const auto is_late = watch_->speech_lateness())
    tell_lateness("results", promise.speech_budget, *is_late);
  if (const auto is_late = watch_->caption_lateness())
    tell_lateness("captions", promise.caption_budget, *is_late);
}

void LiveFeed::tell_lateness(std::string_view results, Duration budget, bool is_late) {
  const std::string message =
      is_late ? fmt::format("{} come later than the {:g} s promised", results, to_seconds(budget))
              : fmt::format("{} come within {:g} s again", results, to_seconds(budget));
  if (is_late)
    log()->warn("feed {}: {}", request_.name, message);
  else
    log()->info("feed {}: {}", request_.name, message);
  tell(is_late ? live::FeedNews::kLate : live::FeedNews::kInTime, message);
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
  const Duration now = std::chrono::steady_clock::now() - start_.steady;
  const auto input = watch_->input();
  return {.feed = request_.name,
          .id = next_event_++,
          .time = input ? input->now() : Timestamp(now),
          .wall = std::chrono::system_clock::now()};
}

void LiveFeed::publish(const live::Event& event) {
  std::shared_ptr<live::EventBus> news;
  {
    const std::lock_guard lock(mutex_);
    news = news_;
  }
  events_->take(event);
  if (news) news->take(event);
}

void LiveFeed::tell(live::FeedNews news, const std::string& message) {
  const live::Event event = live::feed_event(stamp(), news, message);
  publish(event);
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
  publish(event);
}

FeedStatus LiveFeed::status() const {
  FeedStatus status;
  status.name = request_.name;
  status.source = redacted(request_.source);
  status.uptime = std::chrono::steady_clock::now() - start_.steady;
  watch_->fill(status);
  status.segments = segments_;
  status.captions = captions_;
  for (const auto& [name, counts] : place_->outputs())
    status.outputs.push_back({.name = redacted(name), .counts = counts});
  const std::lock_guard lock(mutex_);
  status.config = config_.name;
  status.state = state_;
  status.problem = problem_;
  status.restarts = restarts_;
  return status;
}

}  // namespace attune::service
