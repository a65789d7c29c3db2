#include "pipeline/merge.h"

#include <algorithm>

namespace attune::pipeline {

Merge::Merge(const std::vector<bool>& connected, const std::vector<bool>& late)
    : ports_(connected.size()) {
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    ports_[i].ended = !connected[i];
    ports_[i].late = i < late.size() && late[i];
  }
}

void Merge::push(std::size_t port, Packet packet) {
  Port& to = ports_.at(port);
  if (packet.kind() == Packet::Kind::kEndOfStream) {
    to.ended = true;
    return;
  }
  to.known_to = packet.span().start;
  to.packets.push_back(std::move(packet));
}

/// The port whose head belongs first among the packets that are here.
std::optional<std::size_t> Merge::first_port() const {
  if (const auto first = first_of(false)) return first;
  const bool all_ended = std::all_of(ports_.begin(), ports_.end(),
                                     [](const Port& port) { return port.late || port.ended; });
  return all_ended ? first_of(true) : std::nullopt;
}

std::optional<std::size_t> Merge::first_of(bool late) const {
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].packets.empty() || ports_[i].late != late) continue;
    if (!first ||
        ports_[i].packets.front().span().start < ports_[*first].packets.front().span().start) {
      first = i;
    }
  }
  return first;
}

/// Whether an empty port could still send something that belongs before the head of `first`.
bool Merge::may_come_before(const Port& port, std::size_t index, std::size_t first) const {
  if (port.ended || !port.packets.empty() || (port.late && !ports_[first].late)) return false;
  const Timestamp head = ports_[first].packets.front().span().start;
  return index < first ? port.known_to <= head : port.known_to < head;
}

std::optional<Merge::Item> Merge::next() {
  const auto first = first_port();
  if (!first) return std::nullopt;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (may_come_before(ports_[i], i, *first)) return std::nullopt;
  }
  std::deque<Packet>& packets = ports_[*first].packets;
  Item item{*first, std::move(packets.front())};
  packets.pop_front();
  return item;
}

bool Merge::finished() const {
  return std::all_of(ports_.begin(), ports_.end(),
                     [](const Port& port) { return port.ended && port.packets.empty(); });
}

std::size_t Merge::waiting() const {
  std::size_t count = 0;
  for (const Port& port : ports_) count += port.packets.size();
  return count;
}

std::optional<Merge::Wait> Merge::waits_for() const {
  const auto first = first_port();
  if (!first) return std::nullopt;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (may_come_before(ports_[i], i, *first)) return Wait{i, ports_[i].known_to};
  }
  return std::nullopt;
}

}  // namespace attune::pipeline
