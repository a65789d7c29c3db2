#include "pipeline/throttle.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace attune::pipeline {

Throttle::Throttle(Limits limits, std::function<std::string()> explain)
    : limits_(limits), explain_(std::move(explain)), budget_([this] { memory_released(); }) {}

std::size_t Throttle::add_source() {
  sources_.emplace_back();
  return sources_.size() - 1;
}

std::size_t Throttle::add_terminal(Duration allowance) {
  terminals_.push_back({.done = Timestamp::min(), .allowance = allowance});
  return terminals_.size() - 1;
}

std::size_t Throttle::add_gate(std::size_t window, Deliver deliver) {
  Gate& gate = gates_.emplace_back();
  gate.window = window;
  gate.deliver = std::move(deliver);
  return gates_.size() - 1;
}

void Throttle::begin_message() {
  const std::lock_guard lock(mutex_);
  ++active_;
}

void Throttle::end_message() {
  std::unique_lock lock(mutex_);
  --active_;
  move_on(std::move(lock));
}

void Throttle::put(std::size_t gate, Message message) {
  std::unique_lock lock(mutex_);
  gates_[gate].held.push_back(std::move(message));
  move_on(std::move(lock));
}

void Throttle::end_message(std::size_t gate) {
  std::unique_lock lock(mutex_);
  --active_;
  --gates_[gate].outstanding;
  move_on(std::move(lock));
}

void Throttle::finished(std::size_t terminal, Timestamp t) {
  const std::lock_guard lock(mutex_);
  terminals_[terminal].done = std::max(terminals_[terminal].done, t);
}

void Throttle::produced(std::size_t source, const TimeSpan& span) {
  const std::lock_guard lock(mutex_);
  start_ = std::min(start_, span.start);
  sources_[source].read = std::max(sources_[source].read, span.end);
}

void Throttle::source_ended(std::size_t source) {
  std::unique_lock lock(mutex_);
  sources_[source].ended = true;
  move_on(std::move(lock));
}

void Throttle::cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  wake_.notify_all();
}

bool Throttle::admit(std::size_t index) {
  std::unique_lock lock(mutex_);
  Source& source = sources_[index];
  source.waiting = true;
  while (!cancelled_ && !may_read(source)) {
    std::vector<Delivery> deliveries;
    resolve_stall(deliveries);
    if (deliveries.empty()) {
      if (!may_read(source)) wake_.wait(lock);
      continue;
    }
    lock.unlock();
    for (Delivery& delivery : deliveries) delivery.first->deliver(std::move(delivery.second));
    deliveries.clear();
    lock.lock();
  }
  source.waiting = false;
  source.granted = false;
  return !cancelled_;
}

bool Throttle::may_read(const Source& source) const {
  return source.granted || (in_flight(source) <= limits_.media_time && !memory_is_full());
}

Duration Throttle::in_flight(const Source& source) const {
  return source.read == Timestamp::min() ? Duration::zero() : source.read - done_locked();
}

Timestamp Throttle::done_locked() const {
  if (start_ == Timestamp::max()) return Timestamp::zero();
  const auto slowest = std::ranges::min_element(terminals_, {}, &Terminal::counted);
  const Timestamp done = slowest == terminals_.end() ? start_ : slowest->counted();
  return std::max(
      start_,
      std::min(
          done,
          std::max_element(sources_.begin(), sources_.end(), [](const Source& a, const Source& b) {
            return a.read < b.read;
          })->read));
}

/// The gate whose next message is the earliest in media time, among those with room in the window.
Throttle::Gate* Throttle::next_gate(bool only_open) {
  Gate* next = nullptr;
  const auto time = [](const Gate& gate) { return gate.held.front().packets.front().span().start; };
  for (Gate& gate : gates_) {
    if (gate.held.empty() || (only_open && gate.outstanding >= gate.window)) continue;
    if (next == nullptr || time(gate) < time(*next)) next = &gate;
  }
  return next;
}

void Throttle::take_from(Gate& gate, std::vector<Delivery>& deliveries) {
  ++active_;
  ++gate.outstanding;
  deliveries.emplace_back(&gate, std::move(gate.held.front()));
  gate.held.pop_front();
}

/// What the gates let through now.
std::vector<Throttle::Delivery> Throttle::take_deliveries() {
  std::vector<Delivery> deliveries;
  while (Gate* gate = memory_is_full() ? nullptr : next_gate(true)) take_from(*gate, deliveries);
  return deliveries;
}

/// When nothing runs and everything waits for room that nothing can make, makes an exception.
void Throttle::resolve_stall(std::vector<Delivery>& deliveries) {
  if (active_ > 0) return;
  const auto warn_bytes = [&] {
    if (std::exchange(warned_bytes_, true)) return;
    log()->warn("the limit of {} bytes in flight is too low for this pipeline and is exceeded: {}",
                limits_.bytes, explain_());
  };
  if (Gate* gate = next_gate(false)) {
    if (memory_is_full()) warn_bytes();
    take_from(*gate, deliveries);
    return;
  }
  bool all_wait = !sources_.empty();
  Source* earliest = nullptr;
  for (Source& source : sources_) {
    if (source.ended) continue;
    all_wait = all_wait && source.waiting && !may_read(source);
    if (earliest == nullptr || source.read < earliest->read) earliest = &source;
  }
  if (!all_wait || earliest == nullptr) return;
  if (memory_is_full()) {
    warn_bytes();
    earliest->granted = true;
  } else {
    const Duration raised = std::max(2 * limits_.media_time, in_flight(*earliest));
    log()->warn(
        "the limit of {} s of media in flight is too low for this pipeline and becomes {} s: {}",
        to_seconds(limits_.media_time), to_seconds(raised), explain_());
    limits_.media_time = raised;
  }
  wake_.notify_all();
}

/// Delivers what may go and wakes the sources that may read; called after every change.
void Throttle::move_on(std::unique_lock<std::mutex> lock) {
  std::vector<Delivery> deliveries = take_deliveries();
  if (deliveries.empty()) resolve_stall(deliveries);
  if (std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.waiting; })) {
    wake_.notify_all();
  }
  lock.unlock();
  for (Delivery& delivery : deliveries) delivery.first->deliver(std::move(delivery.second));
}

void Throttle::memory_released() {
  move_on(std::unique_lock(mutex_));
}

Timestamp Throttle::done() const {
  const std::lock_guard lock(mutex_);
  return done_locked();
}

Timestamp Throttle::read() const {
  const std::lock_guard lock(mutex_);
  Timestamp read = Timestamp::min();
  for (const Source& source : sources_) read = std::max(read, source.read);
  return read == Timestamp::min() ? Timestamp::zero() : read;
}

}  // namespace attune::pipeline
