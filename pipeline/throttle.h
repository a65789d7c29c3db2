#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/memory_budget.h"
#include "pipeline/packet.h"

namespace attune::pipeline {

/// What goes over an edge at once: packets for one input port, in order.
struct Message {
  std::size_t port = 0;
  /// Counts the messages to one node from zero.
  std::size_t sequence = 0;
  std::vector<Packet> packets;
};

/// Holds the media time and the bytes between sources and sinks under their limits. No TBB worker
/// ever waits here:
///
///  - A source asks admit() before it reads on and sleeps while it is too far ahead of the slowest
///    sink, or while too many bytes are in flight.
///  - What sources send goes through gates: a gate holds messages back while too many bytes are in
///    flight, so that decoders do not turn small queued packets into large frames faster than these
///    are used up. Nodes further down are never held back: they free memory.
///
/// When nothing moves but everything is held back (a node needs more look-ahead than the limits
/// allow), the throttle lets the earliest message or the source go on, with a warning, rather than
/// stand still. Bytes thus go over the limit by single messages only. Thread-safe.
class Throttle {
 public:
  struct Limits {
    Duration media_time{};
    std::size_t bytes = 0;
  };
  using Deliver = std::function<void(Message)>;

  /// `explain` says which node waits for what; called with nothing running.
  Throttle(Limits limits, std::function<std::string()> explain);

  // Set-up, before anything runs. Each returns the index for the calls below.
  std::size_t add_source();
  /// A node whose finished input time counts as done. `allowance`: how much further behind than the
  /// others it may be.
  std::size_t add_terminal(Duration allowance = Duration::zero());
  /// At most `window` messages are given to `deliver` and not yet answered by end_message().
  std::size_t add_gate(std::size_t window, Deliver deliver);

  MemoryBudget& budget() { return budget_; }

  /// A message is on its way to a node; end_message() when it has been dealt with.
  void begin_message();
  void end_message();
  /// The same through a gate.
  void put(std::size_t gate, Message message);
  void end_message(std::size_t gate);

  /// A terminal node has dealt with everything before t.
  void finished(std::size_t terminal, Timestamp t);

  /// Sleeps until the source may read on; false when the run is cancelled.
  bool admit(std::size_t source);
  /// The source has sent a packet with this span.
  void produced(std::size_t source, const TimeSpan& span);
  void source_ended(std::size_t source);

  /// Wakes the sources; admit() is false from now on.
  void cancel();

  /// Media time that every terminal node has finished, and that has been read.
  Timestamp done() const;
  Timestamp read() const;

 private:
  struct Source {
    bool waiting = false;
    bool ended = false;
    /// Let go once in spite of the bytes in flight.
    bool granted = false;
    Timestamp read = Timestamp::min();
  };
  struct Gate {
    std::size_t window = 1;
    std::size_t outstanding = 0;
    Deliver deliver;
    std::deque<Message> held;
  };
  using Delivery = std::pair<Gate*, Message>;

  bool memory_is_full() const { return budget_.bytes() >= limits_.bytes; }
  Duration in_flight(const Source& source) const;
  bool may_read(const Source& source) const;
  Timestamp done_locked() const;
  Gate* next_gate(bool only_open);
  std::vector<Delivery> take_deliveries();
  void resolve_stall(std::vector<Delivery>& deliveries);
  void take_from(Gate& gate, std::vector<Delivery>& deliveries);
  void move_on(std::unique_lock<std::mutex> lock);
  void memory_released();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Limits limits_;
  std::function<std::string()> explain_;
  std::vector<Source> sources_;
  std::deque<Gate> gates_;
  struct Terminal {
    Timestamp done = Timestamp::min();
    Duration allowance{};

    Timestamp counted() const {
      return done > Timestamp::max() - allowance ? done : done + allowance;
    }
  };
  std::vector<Terminal> terminals_;
  /// Where the recording starts: the first packet's time.
  Timestamp start_ = Timestamp::max();
  std::size_t active_ = 0;
  bool cancelled_ = false;
  bool warned_bytes_ = false;
  MemoryBudget budget_;
};

}  // namespace attune::pipeline
