#include "pipeline/parallel_stage.h"

#include <algorithm>

namespace attune::pipeline {

ParallelStage::ParallelStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph,
                             bool gated, std::size_t window)
    : Stage(config, run),
      work_(graph, tbb::flow::unlimited,
            [this](const Handed<Message>& message) { return Handed(work(message.take())); }),
      order_(graph, [](const Handed<ParallelResult>& result) { return result.take().sequence; }),
      send_(graph, tbb::flow::serial, [this](const Handed<ParallelResult>& result) {
        take_over(this);
        guard([&] { send(result.take()); });
        hand_over(this);
        if (gate_) {
          this->run().throttle.end_message(*gate_);
        } else {
          this->run().throttle.end_message();
        }
        return tbb::flow::continue_msg();
      }) {
  tbb::flow::make_edge(work_, order_);
  tbb::flow::make_edge(order_, send_);
  if (gated) {
    gate_ = run.throttle.add_gate(window, [this](const Message& message) { put(message); });
  }
}

void ParallelStage::receive(std::size_t input_port, std::vector<Packet> packets) {
  Message message{input_port, next_sequence_++, std::move(packets)};
  if (gate_) {
    run().throttle.put(*gate_, std::move(message));
  } else {
    run().throttle.begin_message();
    put(message);
  }
}

void ParallelStage::put(const Message& message) {
  hand_over(this);
  work_.try_put(Handed(message));
}

ParallelResult ParallelStage::work(const Message& message) {
  take_over(this);
  ParallelResult result{message.sequence, nullptr, {}, false};
  for (const Packet& packet : message.packets) {
    const Timestamp time = packet.span().start;
    guard_at(time, [&] {
      if (result.batch == nullptr) result.batch = std::make_shared<Batch>(batch());
      result.end = result.end || packet.kind() == Packet::Kind::kEndOfStream;
      process(packet, *result.batch);
      result.time = time;
    });
  }
  hand_over(this);
  return result;
}

void ParallelStage::process(const Packet& packet, Batch& out) {
  const std::size_t outputs = config().type->outputs.size();
  if (packet.kind() == Packet::Kind::kEndOfStream) return;
  if (!packet.is_data()) {
    for (std::size_t port = 0; port < outputs; ++port) out.emit(port, packet);
    return;
  }
  const auto before = static_cast<std::ptrdiff_t>(out.packets.size());
  timed(1, [&] { node().process(0, packet, out); });
  for (std::size_t port = 0; port < outputs; ++port) {
    const bool silent = std::none_of(out.packets.begin() + before, out.packets.end(),
                                     [&](const auto& sent) { return sent.first == port; });
    if (silent) out.emit(port, Packet::watermark(packet.span().start));
  }
}

void ParallelStage::send(const ParallelResult& result) {
  set_time(result.time);
  if (result.batch != nullptr) deliver(*result.batch);
  finished(result.time);
  if (!result.end) return;
  Batch out = batch();
  timed(0, [&] { node().flush(out); });
  deliver(out);
  deliver_end();
  finished(Timestamp::max());
}

}  // namespace attune::pipeline
