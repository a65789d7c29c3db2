#include "pipeline/parallel_stage.h"

#include <algorithm>

namespace attune::pipeline {

ParallelStage::ParallelStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph,
                             bool gated, std::size_t window)
    : Stage(config, run),
      work_(graph, tbb::flow::unlimited, [this](const Message& message) { return work(message); }),
      order_(graph, [](const ParallelResult& result) { return result.sequence; }),
      send_(graph, tbb::flow::serial, [this](const ParallelResult& result) {
        guard([&] { send(result); });
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
    gate_ =
        run.throttle.add_gate(window, [this](const Message& message) { work_.try_put(message); });
  }
}

void ParallelStage::receive(std::size_t input_port, std::vector<Packet> packets) {
  Message message{input_port, next_sequence_++, std::move(packets)};
  if (gate_) {
    run().throttle.put(*gate_, std::move(message));
  } else {
    run().throttle.begin_message();
    work_.try_put(message);
  }
}

ParallelResult ParallelStage::work(const Message& message) {
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
