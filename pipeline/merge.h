#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/packet.h"

namespace attune::pipeline {

/// Brings the packets of several input ports into one order that does not depend on when they
/// arrive: by (span().start, port, order on the port). A packet comes out once every other port has
/// sent something that belongs after it, or has ended. Packets of one port must come in order of
/// time. Not thread-safe.
class Merge {
 public:
  struct Item {
    std::size_t port = 0;
    Packet packet;
  };

  /// `connected` tells for each port whether anything will come; `late` ports are not waited for:
  /// what they send comes out, in order, when all the others have ended.
  explicit Merge(const std::vector<bool>& connected, const std::vector<bool>& late = {});

  /// kEndOfStream closes the port and does not come out again.
  void push(std::size_t port, Packet packet);

  /// The next packet in order, if it can be known yet.
  std::optional<Item> next();

  /// Every connected port has ended and everything has come out.
  bool finished() const;

  /// How many packets wait inside.
  std::size_t waiting() const;
  /// The port that packets wait for and the time up to which it is known.
  struct Wait {
    std::size_t port = 0;
    Timestamp since{};
  };
  std::optional<Wait> waits_for() const;

 private:
  struct Port {
    std::deque<Packet> packets;
    /// Nothing older than this follows.
    Timestamp known_to = Timestamp::min();
    bool ended = false;
    bool late = false;
  };
  std::optional<std::size_t> first_port() const;
  std::optional<std::size_t> first_of(bool late) const;
  bool may_come_before(const Port& port, std::size_t index, std::size_t first) const;

  std::vector<Port> ports_;
};

}  // namespace attune::pipeline
