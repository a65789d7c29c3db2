#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/time.h"
#include "live/event.h"
#include "live/monitor_view.h"

namespace attune::service {

/// Passes what a feed shows and says on to those who watch its monitor page. Each has a queue of
/// its own; who reads too slowly loses the oldest views, then the oldest events, and delays nobody.
/// Thread-safe.
class MonitorHub final : public live::EventSink, public live::MonitorSink {
 public:
  /// One message of server-sent events: a name and one line of data.
  struct Message {
    std::string event;
    std::string data;
  };

  /// One watcher; ends with the object.
  class Subscription {
   public:
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    /// The next message, waiting up to `wait`; nothing when none came.
    std::optional<Message> next(Duration wait);
    /// The feed was removed: there will be no more.
    bool ended() const;

   private:
    friend class MonitorHub;
    struct Queue;
    explicit Subscription(std::shared_ptr<Queue> queue);
    std::shared_ptr<Queue> queue_;
  };

  MonitorHub();
  ~MonitorHub() override;

  /// Begins with the last captions and segments, so that a page that is opened shows something.
  std::unique_ptr<Subscription> subscribe();

  void take(const live::Event& event) override;
  bool wanted() const override;
  void show(live::MonitorView view) override;
  /// The last picture shown, JPEG; empty when there is none.
  std::string picture() const;

  /// Ends all subscriptions.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace attune::service
