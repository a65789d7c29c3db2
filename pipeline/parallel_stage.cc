#include "pipeline/parallel_stage.h"

#include <algorithm>

namespace attune::pipeline {
namespace {

/// How many of the first packets one call of a node gets: data, up to `at_once`, or one signal.
std::size_t together(std::span<const Packet> packets, std::size_t at_once) {
  std::size_t count = 0;
  while (count < std::min(packets.size(), at_once) && packets[count].is_data()) ++count;
  return std::max<std::size_t>(count, 1);
}

}  // namespace

ParallelStage::ParallelStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph,
                             std::size_t at_once, bool gated, std::size_t window)
    : Stage(config, run),
      work_(graph, at_once,
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
  const std::size_t at_once = std::max<std::size_t>(node().packets_at_once(), 1);
  for (std::span<const Packet> rest = message.packets; !rest.empty();) {
    const auto group = rest.first(together(rest, at_once));
    rest = rest.subspan(group.size());
    guard_at(group.front().span().start, [&] {
      if (result.batch == nullptr) result.batch = std::make_shared<Batch>(batch());
      result.end = result.end || group.back().kind() == Packet::Kind::kEndOfStream;
      process(group, *result.batch);
      result.time = group.back().span().start;
    });
  }
  hand_over(this);
  return result;
}

void ParallelStage::process(std::span<const Packet> packets, Batch& out) {
  const std::size_t outputs = config().type->outputs.size();
  const Packet& last = packets.back();
  if (last.kind() == Packet::Kind::kEndOfStream) return;
  if (!last.is_data()) {
    for (std::size_t port = 0; port < outputs; ++port) out.emit(port, last);
    return;
  }
  const auto before = static_cast<std::ptrdiff_t>(out.packets.size());
  timed(packets.size(), [&] {
    if (packets.size() == 1) {
      node().process(0, last, out);
    } else {
      node().process_together(0, packets, out);
    }
  });
  for (std::size_t port = 0; port < outputs; ++port) {
    const bool silent = std::none_of(out.packets.begin() + before, out.packets.end(),
                                     [&](const auto& sent) { return sent.first == port; });
    if (silent) out.emit(port, Packet::watermark(last.span().start));
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
