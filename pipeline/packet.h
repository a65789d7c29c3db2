#pragma once

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <typeinfo>

#include "core/time.h"

namespace attune::pipeline {

/// The name under which a payload type appears in messages, `attune nodes` and graph drawings.
/// Specialise it beside the node that produces the type:
///
///     template <> struct PayloadTraits<media::AudioChunk> {
///       static constexpr std::string_view kName = "AudioChunk";
///       static std::size_t bytes(const media::AudioChunk& chunk) { ... }
///     };
///
/// A payload that can be kept in a file, which `--split` needs, also has
///
///     static void store(std::ostream&, const T&);
///     static T load(std::istream&);
template <class T>
struct PayloadTraits;

template <class T>
concept StorablePayload = requires(std::ostream& out, std::istream& in, const T& payload) {
  PayloadTraits<T>::store(out, payload);
  { PayloadTraits<T>::load(in) } -> std::same_as<T>;
};

class Packet;

/// Identity of a payload type; compare by address.
struct PayloadType {
  std::string_view name;
  const std::type_info* info;
  /// Write the payload of a data packet, and make a packet of what was written; null for a payload
  /// that cannot be kept in a file. Streams throw on failure when they are told to.
  void (*store)(std::ostream&, const Packet&) = nullptr;
  Packet (*load)(std::istream&, TimeSpan) = nullptr;
};

template <class T>
const PayloadType& payload_type();

/// What travels on an edge: an immutable payload with its time span, or a signal in band.
/// Cheap to copy; the payload is shared. Thread-safe like a shared_ptr to const.
class Packet {
 public:
  enum class Kind {
    kData,
    /// No packet that starts before span().start follows on this edge; lets joins go on.
    kWatermark,
    /// What follows does not belong to what came before (Node::restart()).
    kDiscontinuity,
    /// The last packet of an edge. The runtime sends it; nodes never do.
    kEndOfStream,
  };

  template <class T>
  static Packet data(TimeSpan span, T payload) {
    return data(span, std::make_shared<const T>(std::move(payload)));
  }
  template <class T>
  static Packet data(TimeSpan span, std::shared_ptr<const T> payload) {
    Packet packet(Kind::kData, span);
    packet.type_ = &payload_type<T>();
    packet.bytes_ = PayloadTraits<T>::bytes(*payload);
    packet.payload_ = std::move(payload);
    return packet;
  }
  static Packet watermark(Timestamp t) { return Packet(Kind::kWatermark, {t, t}); }
  static Packet discontinuity(Timestamp t) { return Packet(Kind::kDiscontinuity, {t, t}); }
  static Packet end_of_stream(Timestamp t) { return Packet(Kind::kEndOfStream, {t, t}); }

  Kind kind() const { return kind_; }
  bool is_data() const { return kind_ == Kind::kData; }
  const TimeSpan& span() const { return span_; }
  std::size_t bytes() const { return bytes_; }
  /// Null for signals.
  const PayloadType* type() const { return type_; }

  /// The payload. The ports' declared types guarantee T; a wrong T is a defect of the node.
  template <class T>
  const T& get() const {
    return *static_cast<const T*>(payload_.get());
  }
  template <class T>
  std::shared_ptr<const T> share() const {
    return std::static_pointer_cast<const T>(payload_);
  }

 private:
  Packet(Kind kind, TimeSpan span) : kind_(kind), span_(span) {}
  friend class MemoryBudget;

  Kind kind_;
  TimeSpan span_;
  std::size_t bytes_ = 0;
  const PayloadType* type_ = nullptr;
  std::shared_ptr<const void> payload_;
};

template <class T>
const PayloadType& payload_type() {
  static const PayloadType type = [] {
    PayloadType made{PayloadTraits<T>::kName, &typeid(T)};
    if constexpr (StorablePayload<T>) {
      made.store = [](std::ostream& out, const Packet& packet) {
        PayloadTraits<T>::store(out, packet.get<T>());
      };
      made.load = [](std::istream& in, TimeSpan span) {
        return Packet::data(span, PayloadTraits<T>::load(in));
      };
    }
    return made;
  }();
  return type;
}

}  // namespace attune::pipeline
