#include "pipeline/memory_budget.h"

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace attune::pipeline {

/// What is alive, by address of the payload. Shared by the budget and every counted packet.
class MemoryBudget::Ledger {
 public:
  explicit Ledger(std::function<void()> released) : released_(std::move(released)) {}

  void add(const void* payload, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[payload];
    if (entry.holders++ > 0) return;
    entry.bytes = bytes;
    bytes_ += bytes;
    peak_bytes_ = std::max(peak_bytes_, bytes_);
  }

  void remove(const void* payload) {
    std::function<void()> released;
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(payload);
      if (--found->second.holders > 0) return;
      bytes_ -= found->second.bytes;
      entries_.erase(found);
      released = released_;
    }
    if (released) released();
  }

  /// The run is over: nobody is to be told any more.
  void silence() {
    const std::lock_guard lock(mutex_);
    released_ = nullptr;
  }

  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

  std::size_t peak_bytes() const {
    const std::lock_guard lock(mutex_);
    return peak_bytes_;
  }

 private:
  struct Entry {
    std::size_t holders = 0;
    std::size_t bytes = 0;
  };
  mutable std::mutex mutex_;
  std::unordered_map<const void*, Entry> entries_;
  std::size_t bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::function<void()> released_;
};

/// Keeps a payload alive and tells the ledger when it is let go.
struct MemoryBudget::Holder {
  Holder(std::shared_ptr<Ledger> ledger, std::shared_ptr<const void> payload, std::size_t bytes)
      : ledger(std::move(ledger)), payload(std::move(payload)) {
    this->ledger->add(this->payload.get(), bytes);
  }
  ~Holder() {
    const void* address = payload.get();
    payload.reset();
    ledger->remove(address);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  std::shared_ptr<Ledger> ledger;
  std::shared_ptr<const void> payload;
};

MemoryBudget::MemoryBudget(std::function<void()> released)
    : ledger_(std::make_shared<Ledger>(std::move(released))) {}

MemoryBudget::~MemoryBudget() {
  ledger_->silence();
}

Packet MemoryBudget::count(Packet packet) {
  if (!packet.is_data()) return packet;
  auto holder = std::make_shared<const Holder>(ledger_, packet.payload_, packet.bytes_);
  const void* payload = holder->payload.get();
  packet.payload_ = std::shared_ptr<const void>(std::move(holder), payload);
  return packet;
}

std::size_t MemoryBudget::bytes() const {
  return ledger_->bytes();
}
std::size_t MemoryBudget::peak_bytes() const {
  return ledger_->peak_bytes();
}

}  // namespace attune::pipeline
