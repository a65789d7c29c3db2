#include "media/live_input.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "core/backoff.h"
#include "core/error.h"
#include "core/log.h"
#include "media/arrival_log.h"
#include "media/clock_drift.h"
#include "media/feed_connection.h"
#include "media/feed_timeline.h"
#include "media/libav.h"
#include "media/live_source.h"
#include "media/packet_backlog.h"

namespace attune::media {
namespace {

using Clock = std::chrono::steady_clock;

/// A connection that has lived this long was a good one: the delays begin anew.
constexpr Duration kGoodConnection = std::chrono::seconds(5);

Timestamp decoding_time(const AVPacket& packet, const StreamInfo& stream) {
  const std::int64_t ticks = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  return ticks == AV_NOPTS_VALUE ? Timestamp{} : to_timestamp(ticks, stream.time_base);
}

/// Keeps what comes as fast as it is read at its own speed.
class Pace {
 public:
  explicit Pace(double speed) : speed_(speed) {}

  /// How long a packet of this time has yet to wait.
  Duration wait(Timestamp time, Timestamp now) {
    const Duration step = time - last_;
    last_ = time;
    if (!has_begun_ || step < -FeedTimeline::kJump || step > FeedTimeline::kJump) {
      has_begun_ = true;
      first_ = time;
      began_ = now;
    }
    return from_seconds(to_seconds(time - first_) / speed_) - (now - began_);
  }

 private:
  double speed_;
  bool has_begun_ = false;
  Timestamp first_{};
  Timestamp last_{};
  Timestamp began_{};
};

}  // namespace

std::string_view name(InputState state) {
  switch (state) {
    case InputState::kConnecting:
      return "connecting";
    case InputState::kRunning:
      return "running";
    case InputState::kWaiting:
      return "waiting";
    case InputState::kEnded:
      return "ended";
  }
  return "";
}

struct LiveInput::State {
  State(LiveSource from, LiveInputOptions with)
      : source(std::move(from)),
        options(std::move(with)),
        backlog(options.longest_backlog, options.most_backlog_bytes),
        timeline([this](LiveItem item, Timestamp at) { pass(std::move(item), at); }),
        backoff(options.first_delay, options.longest_delay,
                std::hash<std::string>()(source.location) ^
                    static_cast<std::uint64_t>(began.time_since_epoch().count())),
        thread([this] { run(); }) {}
  ~State() {
    end();
    thread.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Timestamp now() const { return Clock::now() - began; }
  void end();
  std::optional<LiveItem> next(Duration wait);

  // Of the thread.
  void run();
  void connect();
  void take_all(FeedConnection& connection);
  void take(FeedConnection& connection, FeedConnection::Reading reading, Pace& pace);
  void pass(LiveItem item, Timestamp at);
  void say_what_is_missing(const MediaInfo& streams);
  void count_errors(const FeedConnection& connection);
  void lose(const std::string& problem);
  void close(std::optional<std::string> failure = std::nullopt);
  bool sleep(Duration duration);
  void wait_for_room();
  void set_state(InputState state);

  const LiveSource source;
  const LiveInputOptions options;
  const Clock::time_point began = options.epoch.value_or(Clock::now());
  std::atomic<bool> stop = false;

  mutable std::mutex mutex;
  std::condition_variable changed;
  // With the mutex.
  PacketBacklog backlog;
  ArrivalLog arrivals;
  ClockDrift drift;
  InputStatus status;
  std::shared_ptr<const MediaInfo> info;
  Timestamp last_packet{};
  bool is_over = false;
  /// To be thrown once by next().
  std::optional<std::string> failure;

  // Of the thread alone.
  FeedTimeline timeline;
  Backoff backoff;
  SourceMemory memory;
  std::string logged_problem;
  bool said_no_sound = false;
  bool said_no_pictures = false;
  /// Read errors of earlier connections.
  std::int64_t earlier_errors = 0;
  Timestamp connected{};
  bool connects_at_once = false;

  // Last: it uses all of the above.
  std::thread thread;
};

void LiveInput::State::end() {
  stop = true;
  const std::lock_guard lock(mutex);
  is_over = true;
  failure.reset();
  backlog.clear();
  status.state = InputState::kEnded;
  changed.notify_all();
}

std::optional<LiveItem> LiveInput::State::next(Duration wait) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, wait, [&] { return !backlog.empty() || is_over; });
  std::optional<LiveItem> item = backlog.pop();
  changed.notify_all();
  if (item || !is_over) return item;
  if (const auto why = std::exchange(failure, std::nullopt)) throw Error(ErrorKind::kInput, *why);
  item.emplace();
  item->kind = LiveItem::Kind::kEnd;
  item->time = now();
  return item;
}

void LiveInput::State::set_state(InputState state) {
  const std::lock_guard lock(mutex);
  if (!is_over) status.state = state;
}

/// Waits, unless stopped meanwhile.
bool LiveInput::State::sleep(Duration duration) {
  std::unique_lock lock(mutex);
  changed.wait_for(lock, duration, [&] { return stop.load(); });
  return !stop;
}

void LiveInput::State::wait_for_room() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return stop || !backlog.is_full(); });
}

void LiveInput::State::run() {
  while (!stop) {
    connects_at_once = false;
    try {
      connect();
    } catch (const Refusal& refusal) {
      log()->error("{}", refusal.what());
      close(refusal.what());
      return;
    } catch (const Error& error) {
      if (stop) break;
      lose(error.what());
    } catch (const std::exception& error) {
      lose(source.shown + ": " + error.what());
    }
    timeline.finish();
    if (stop) break;
    {
      const std::lock_guard lock(mutex);
      if (is_over) return;
    }
    const bool was_good = connected.count() > 0 && now() - connected > kGoodConnection;
    if (was_good) backoff.reset();
    connected = {};
    Duration delay = connects_at_once ? Duration{} : backoff.next();
    // Each try to hear somebody has lasted long enough by itself.
    if (source.is_passive) delay = std::min(delay, options.first_delay);
    sleep(delay);
  }
  const std::lock_guard lock(mutex);
  is_over = true;
  status.state = InputState::kEnded;
  changed.notify_all();
}

/// Makes a connection and reads it to its end. Throws Error(kInput) when there is none or it is
/// lost.
void LiveInput::State::connect() {
  set_state(InputState::kConnecting);
  FeedConnection connection(source, options, stop, memory);
  connected = now();
  const bool is_unpaced = connection.is_recording() && options.recording_speed <= 0;
  log()->info("{}: connected; {}; {}", source.shown, connection.info()->video_choice,
              connection.info()->audio_choice);
  {
    const std::lock_guard lock(mutex);
    info = connection.info();
    ++status.connections;
    status.problem.clear();
    if (!is_over) status.state = InputState::kRunning;
    backlog.set_allowance(2 * connection.burst());
    backlog.keep_all(is_unpaced);
    drift.reset();
    last_packet = connected;
  }
  logged_problem.clear();
  say_what_is_missing(*connection.info());
  // How long it took to open a recording must not show in its results.
  timeline.begin(connection.streams(),
                 is_unpaced ? Timestamp{} : connected - connection.held_for());
  try {
    take_all(connection);
  } catch (const Error&) {
    count_errors(connection);
    throw;
  }
}

/// Once: a feed without sound, or without pictures, is worked on as far as it goes.
void LiveInput::State::say_what_is_missing(const MediaInfo& streams) {
  const bool no_sound = streams.audio() == nullptr && options.audio_track != "none";
  const bool no_pictures = streams.video() == nullptr && options.video;
  if (no_sound && !std::exchange(said_no_sound, true))
    log()->warn("{} has no sound: nobody will be heard", source.shown);
  if (no_pictures && !std::exchange(said_no_pictures, true))
    log()->warn("{} has no pictures: all speech counts as off screen", source.shown);
}

void LiveInput::State::count_errors(const FeedConnection& connection) {
  const std::lock_guard lock(mutex);
  status.read_errors = earlier_errors + connection.read_errors();
}

void LiveInput::State::take_all(FeedConnection& connection) {
  using Kind = FeedConnection::Reading::Kind;
  Pace pace(options.recording_speed);
  while (!stop) {
    FeedConnection::Reading reading = connection.read();
    switch (reading.kind) {
      case Kind::kPacket:
        take(connection, std::move(reading), pace);
        break;
      case Kind::kChanged: {
        timeline.begin(connection.streams());
        const std::lock_guard lock(mutex);
        info = connection.info();
        break;
      }
      case Kind::kReopen:
        connects_at_once = true;
        throw Error(ErrorKind::kInput, source.shown + ": its streams are other ones now");
      case Kind::kEnd:
        timeline.finish();
        if (!stop) close();
        return;
    }
  }
}

void LiveInput::State::take(FeedConnection& connection, FeedConnection::Reading reading,
                            Pace& pace) {
  if (connection.is_recording()) {
    if (options.recording_speed > 0) {
      const Duration wait = pace.wait(decoding_time(*reading.packet, *reading.stream), now());
      if (wait.count() > 0 && !sleep(wait)) return;
    } else {
      wait_for_room();
    }
  }
  const Timestamp arrival = now();
  {
    const std::lock_guard lock(mutex);
    ++status.packets;
    status.bytes += reading.packet->size;
    last_packet = arrival;
  }
  count_errors(connection);
  timeline.take(std::move(reading.packet), reading.stream, reading.wrap_bits, arrival);
}

/// Takes what comes out of the timeline.
void LiveInput::State::pass(LiveItem item, Timestamp at) {
  const std::lock_guard lock(mutex);
  if (is_over) return;
  if (item.kind == LiveItem::Kind::kDiscontinuity) {
    ++status.discontinuities;
    drift.reset();
    log()->info("{}: a new stretch begins at {}", source.shown, format_timestamp(item.time));
  } else {
    arrivals.note(item.packet.kind, item.packet.span, at);
    drift.note(item.packet.span.start, at);
  }
  backlog.push(std::move(item));
  changed.notify_all();
}

/// Says what is wrong, once for each problem, and waits for the next try, or ends.
void LiveInput::State::lose(const std::string& problem) {
  const bool is_new = problem != logged_problem;
  logged_problem = problem;
  log()->log(is_new ? spdlog::level::warn : spdlog::level::debug, "{}", problem);
  bool was_connected = false;
  {
    const std::lock_guard lock(mutex);
    earlier_errors = status.read_errors;
    status.problem = problem;
    if (!is_over) status.state = InputState::kWaiting;
    was_connected = status.connections > 0;
  }
  if (options.reconnect) return;
  timeline.finish();
  close(was_connected ? std::nullopt : std::optional(problem));
}

/// The feed is over.
void LiveInput::State::close(std::optional<std::string> with) {
  const std::lock_guard lock(mutex);
  if (with && status.problem.empty()) status.problem = *with;
  if (!is_over) failure = std::move(with);
  is_over = true;
  status.state = InputState::kEnded;
  changed.notify_all();
}

LiveInput::LiveInput(std::string location, LiveInputOptions options) {
  LiveSource source = read_live_source(location, options.format_options);
  state_ = std::make_unique<State>(std::move(source), std::move(options));
}

LiveInput::~LiveInput() = default;

std::optional<LiveItem> LiveInput::next(Duration wait) {
  return state_->next(wait);
}

void LiveInput::resume() {
  const std::lock_guard lock(state_->mutex);
  state_->backlog.resume();
  state_->changed.notify_all();
}

std::shared_ptr<const MediaInfo> LiveInput::info() const {
  const std::lock_guard lock(state_->mutex);
  return state_->info;
}

InputStatus LiveInput::status() const {
  const std::lock_guard lock(state_->mutex);
  InputStatus status = state_->status;
  status.pictures_dropped = state_->backlog.pictures_dropped();
  status.sound_dropped = state_->backlog.sound_dropped();
  status.backlog = state_->backlog.duration();
  status.drift_ppm = state_->drift.ppm();
  status.silence = state_->now() - state_->last_packet;
  return status;
}

Timestamp LiveInput::now() const {
  return state_->now();
}

std::optional<Timestamp> LiveInput::arrival(Timestamp t) const {
  const std::lock_guard lock(state_->mutex);
  return state_->arrivals.arrival(t);
}

void LiveInput::stop() {
  state_->end();
}

}  // namespace attune::media
