#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "pipeline/packet.h"

namespace attune::pipeline {

/// Counts the bytes of the payloads that packets of a run keep alive. A payload that travels in
/// several packets (a node may pass on what it got, at another time) counts once, until the last
/// packet is gone. Thread-safe; packets may outlive the budget.
class MemoryBudget {
 public:
  /// `released` is called, without locks, whenever a payload has gone.
  explicit MemoryBudget(std::function<void()> released);
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// The same packet, counted. Signals are returned as they are.
  Packet count(Packet packet);

  std::size_t bytes() const;
  std::size_t peak_bytes() const;

 private:
  class Ledger;
  struct Holder;
  std::shared_ptr<Ledger> ledger_;
};

}  // namespace attune::pipeline
