#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>

#include "core/output_files.h"
#include "pipeline/packet.h"
#include "pipeline/parameters.h"

namespace attune::pipeline {

/// The weights that filled a role in a run.
struct ModelUsed {
  std::string name;
  /// Lower-case hexadecimal.
  std::string sha256;
};

/// At most one object of each type.
class Facts {
 public:
  template <class T>
  void put(T fact) {
    facts_[std::type_index(typeid(T))] = std::make_shared<const T>(std::move(fact));
  }
  /// Null when nobody has put a T.
  template <class T>
  const T* find() const {
    const auto found = facts_.find(std::type_index(typeid(T)));
    return found == facts_.end() ? nullptr : static_cast<const T*>(found->second.get());
  }

 private:
  std::map<std::type_index, std::shared_ptr<const void>> facts_;
};

/// What a run knows of its input and results; the same for all nodes of the graph.
struct RunContext {
  /// The input file or URL as the user wrote it.
  std::string input;
  /// Where sinks write; null in runs without results. Sinks run one at a time with respect to it.
  OutputFiles* outputs = nullptr;
  /// Every model that took part, by role ("face_detector"); nodes add to it in open(), sinks read
  /// it in close(). Guarded by the runtime: open() and close() are serial.
  std::map<std::string, ModelUsed> models;
  /// What nodes tell each other outside the stream: one object of each type. Put in open(), for
  /// nodes that are opened later, and for all from the first packet on. Lives as long as they.
  Facts facts;
  /// Length of the recording; set by the source in open() when it is known.
  Duration total{};
  /// Earliest presentation time of the recording, which players show as zero; set by the source in
  /// open(). Sinks write times relative to it.
  Timestamp start{};
  /// The part of the recording to work on, in its own time; nothing: all of it. Sources give at
  /// least that much.
  std::optional<TimeSpan> part;
  /// True once the user asked to stop; sources then end their streams, sinks write what is
  /// complete.
  const std::atomic<bool>* stop = nullptr;
  bool stopped() const { return stop != nullptr && stop->load(std::memory_order_relaxed); }
};

/// Takes the packets that a node produces. Valid during the call it is given to.
class Emitter {
 public:
  virtual ~Emitter() = default;
  /// Packets of one output port must not go back in time: span().start never decreases. A payload
  /// of another type than the port declares, and an end of stream, are refused with
  /// Error(kInternal).
  virtual void emit(std::size_t output_port, Packet packet) = 0;
  void emit(Packet packet) { emit(0, std::move(packet)); }
};

/// One stage of the graph. Lifecycle, each step called once by the runtime except process():
///
///  1. open()     before any packet; load weights, check that the input suits.
///  2. process()  for every data and watermark packet, in order of time over all input ports (ties:
///                port order, then order of arrival on the port): a packet that starts at t comes
///                once every other connected port is known to send nothing that belongs before it.
///                Never called at the same time for one object, unless the type declares kParallel:
///                then it sees data only, several packets at once, and must not touch mutable state.
///  3. flush()    after the last packet of every input port, and of those before a discontinuity;
///                emit what is still held. After a discontinuity restart() follows, then 2. again.
///  4. close()    after flush() of every node when the run was complete or was stopped by the user;
///                sinks write their results here. Not called after an error.
///
/// Signals. The order of calls tells the time: after process() with a packet at t nothing older
/// than t follows. Where a serial node drops or gathers packets it emits Packet::watermark(t) as
/// soon as it knows that nothing before t follows on an output; without it a node further down that
/// joins this output with another would wait, and the source with it. Watermarks that do not move
/// forward are dropped. For kParallel nodes the runtime does all of this: outputs of a packet at t
/// start at or after t. The runtime passes discontinuities on and sends the end of stream, both
/// after flush(). A source sends a discontinuity on all of its outputs, at one time that is not
/// before the end of anything it sent.
///
/// Exceptions may be thrown from every step; the runtime adds the node, the media time and the
/// file.
class Node {
 public:
  virtual ~Node() = default;
  virtual void open(RunContext&) {}
  virtual void process(std::size_t input_port, const Packet& packet, Emitter& out) = 0;
  /// A kParallel node that does better with several packets at once overrides both: data packets
  /// that arrive together, in order, up to this many, then come in one call instead of process().
  /// Outputs start at or after the first packet's time, and results must not depend on which
  /// packets come together.
  virtual std::size_t packets_at_once() const { return 1; }
  virtual void process_together(std::size_t input_port, std::span<const Packet> packets,
                                Emitter& out) {
    for (const Packet& packet : packets) process(input_port, packet, out);
  }
  virtual void flush(Emitter&) {}
  /// Time jumps to `t`, or what follows does not belong to what came before: forget the stream, and
  /// keep what was opened. Follows flush(); nothing before t comes.
  virtual void restart(Timestamp) {}
  virtual void close(RunContext&) {}
};

/// A node without inputs. It runs on a thread of its own, so that it may block in I/O.
class SourceNode : public Node {
 public:
  void process(std::size_t, const Packet&, Emitter&) final {}
  /// Emits the next packets; returns false at the end of the stream. The runtime calls it again
  /// only while the limits on media time and bytes in flight allow, and stops calling after a stop
  /// request.
  virtual bool produce(Emitter& out) = 0;
};

}  // namespace attune::pipeline
