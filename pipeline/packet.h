#pragma once

#include <cstddef>
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
template <class T>
struct PayloadTraits;

/// Identity of a payload type; compare by address.
struct PayloadType {
  std::string_view name;
  const std::type_info* info;
};

template <class T>
const PayloadType& payload_type() {
  static const PayloadType type{PayloadTraits<T>::kName, &typeid(T)};
  return type;
}

/// What travels on an edge: an immutable payload with its time span, or a signal in band.
/// Cheap to copy; the payload is shared. Thread-safe like a shared_ptr to const.
class Packet {
 public:
  enum class Kind {
    kData,
    /// No packet that starts before span().start follows on this edge; lets joins go on.
    kWatermark,
    /// Time jumps here: state that spans the jump must be dropped.
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

}  // namespace attune::pipeline
