#include "service/monitor_hub.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "service/monitor_view_json.h"

namespace attune::service {
namespace {

/// For one watcher: pictures come in bursts, as their alignment does.
constexpr std::size_t kMostViews = 6;
constexpr std::size_t kMostEvents = 256;
/// For those who come later.
constexpr std::size_t kRememberedEvents = 40;
/// Whoever asks for single pictures asks again within this time.
constexpr Duration kPictureInterest = std::chrono::seconds(10);

using HubClock = std::chrono::steady_clock;

/// One for all watchers.
using SharedMessage = std::shared_ptr<const MonitorHub::Message>;

}  // namespace

struct MonitorHub::Subscription::Queue {
  struct Entry {
    SharedMessage message;
    bool is_view;
  };

  void push(const SharedMessage& message, bool is_view) {
    {
      const std::lock_guard lock(mutex);
      std::size_t& count = is_view ? views : events;
      if (count == (is_view ? kMostViews : kMostEvents)) {
        drop_oldest(is_view);
      } else {
        ++count;
      }
      entries.push_back({message, is_view});
    }
    changed.notify_one();
  }

  void drop_oldest(bool is_view) {
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      if (entry->is_view != is_view) continue;
      entries.erase(entry);
      return;
    }
  }

  void end() {
    {
      const std::lock_guard lock(mutex);
      ended = true;
    }
    changed.notify_one();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Entry> entries;
  std::size_t views = 0;
  std::size_t events = 0;
  bool ended = false;
};

struct MonitorHub::State {
  using Queue = Subscription::Queue;

  /// Those who still watch; `mutex` is held.
  std::vector<std::shared_ptr<Queue>> watching() {
    std::vector<std::shared_ptr<Queue>> alive;
    std::erase_if(queues, [&](const std::weak_ptr<Queue>& queue) {
      std::shared_ptr<Queue> held = queue.lock();
      const bool is_gone = !held;
      if (held) alive.push_back(std::move(held));
      return is_gone;
    });
    return alive;
  }

  bool is_watched() {
    const std::lock_guard lock(mutex);
    return !watching().empty();
  }

  std::mutex mutex;
  std::vector<std::weak_ptr<Queue>> queues;
  std::deque<SharedMessage> remembered;
  std::string picture;
  /// When a single picture was last asked for.
  std::optional<HubClock::time_point> picture_wanted;
  bool closed = false;
};

MonitorHub::Subscription::Subscription(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

MonitorHub::Subscription::~Subscription() = default;

std::optional<MonitorHub::Message> MonitorHub::Subscription::next(Duration wait) {
  std::unique_lock lock(queue_->mutex);
  queue_->changed.wait_for(lock, wait, [&] { return !queue_->entries.empty() || queue_->ended; });
  if (queue_->entries.empty()) return std::nullopt;
  const Queue::Entry entry = std::move(queue_->entries.front());
  queue_->entries.pop_front();
  --(entry.is_view ? queue_->views : queue_->events);
  lock.unlock();
  return *entry.message;
}

bool MonitorHub::Subscription::ended() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->ended && queue_->entries.empty();
}

MonitorHub::MonitorHub() : state_(std::make_shared<State>()) {}

MonitorHub::~MonitorHub() {
  close();
}

std::unique_ptr<MonitorHub::Subscription> MonitorHub::subscribe() {
  auto queue = std::make_shared<Subscription::Queue>();
  const std::lock_guard lock(state_->mutex);
  for (const SharedMessage& message : state_->remembered) queue->push(message, false);
  queue->ended = state_->closed;
  // Nobody else looks through them on a feed that has ended.
  state_->watching();
  state_->queues.push_back(queue);
  return std::unique_ptr<Subscription>(new Subscription(std::move(queue)));
}

void MonitorHub::take(const live::Event& event) {
  const auto message =
      std::make_shared<const Message>(Message{std::string(live::name(event.kind)), event.json});
  // Held while it is passed on, so that all see events in one order; nothing here waits.
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return;
  if (event.is_final &&
      (event.kind == live::EventKind::kCaption || event.kind == live::EventKind::kSegment)) {
    state_->remembered.push_back(message);
    if (state_->remembered.size() > kRememberedEvents) state_->remembered.pop_front();
  }
  for (const auto& queue : state_->watching()) queue->push(message, false);
}

bool MonitorHub::wanted() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return false;
  return !state_->watching().empty() ||
         (state_->picture_wanted && HubClock::now() < *state_->picture_wanted + kPictureInterest);
}

void MonitorHub::show(live::MonitorView view) {
  // Written once for all watchers, and not while they are locked out.
  SharedMessage message;
  if (state_->is_watched())
    message = std::make_shared<const Message>(Message{"view", view_json(view)});
  const std::lock_guard lock(state_->mutex);
  if (state_->closed) return;
  if (!view.picture.empty()) state_->picture = std::move(view.picture);
  if (!message) return;
  for (const auto& queue : state_->watching()) queue->push(message, true);
}

std::string MonitorHub::picture() const {
  const std::lock_guard lock(state_->mutex);
  state_->picture_wanted = HubClock::now();
  return state_->picture;
}

void MonitorHub::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->remembered.clear();
  for (const auto& queue : state_->watching()) queue->end();
}

}  // namespace attune::service
