#include "pipeline/serial_stage.h"

#include <fmt/format.h>

namespace attune::pipeline {
namespace {

std::vector<bool> connected_ports(const NodeConfig& config) {
  std::vector<bool> connected;
  for (const NodeConfig::Input& input : config.inputs) connected.push_back(input.connected());
  return connected;
}

std::vector<bool> late_ports(const NodeConfig& config) {
  std::vector<bool> late;
  for (const PortSpec& port : config.type->inputs) late.push_back(port.late);
  return late;
}

}  // namespace

SerialStage::SerialStage(const NodeConfig& config, RunState& run, tbb::flow::graph& graph,
                         bool gated)
    : Stage(config, run),
      merge_(connected_ports(config), late_ports(config)),
      body_(graph, tbb::flow::serial, [this](const Handed<Message>& message) {
        take_over(this);
        guard([&] { take(message.take()); });
        hand_over(this);
        if (gate_) {
          this->run().throttle.end_message(*gate_);
        } else {
          this->run().throttle.end_message();
        }
        return tbb::flow::continue_msg();
      }) {
  if (gated) {
    gate_ = run.throttle.add_gate(1, [this](const Message& message) { put(message); });
  }
}

void SerialStage::receive(std::size_t input_port, std::vector<Packet> packets) {
  Message message{input_port, 0, std::move(packets)};
  if (gate_) {
    run().throttle.put(*gate_, std::move(message));
  } else {
    run().throttle.begin_message();
    put(message);
  }
}

void SerialStage::put(const Message& message) {
  hand_over(this);
  body_.try_put(Handed(message));
}

void SerialStage::take(const Message& message) {
  for (const Packet& packet : message.packets) merge_.push(message.port, packet);
  while (const auto item = merge_.next()) process(*item);
  if (merge_.finished() && !ended_) finish();
}

void SerialStage::process(const Merge::Item& item) {
  const Timestamp time = item.packet.span().start;
  set_time(time);
  Batch out = batch();
  if (item.packet.kind() == Packet::Kind::kDiscontinuity) {
    restart(time, out);
  } else {
    timed(item.packet.is_data() ? 1 : 0, [&] { node().process(item.port, item.packet, out); });
  }
  deliver(out);
  finished(time);
}

/// A discontinuity comes on every input; the first of them is the moment.
void SerialStage::restart(Timestamp time, Batch& out) {
  if (restarted_ == time) return;
  restarted_ = time;
  timed(0, [&] {
    node().flush(out);
    node().restart(time);
  });
  for (std::size_t port = 0; port < config().type->outputs.size(); ++port)
    out.emit(port, Packet::discontinuity(time));
}

void SerialStage::finish() {
  ended_ = true;
  Batch out = batch();
  timed(0, [&] { node().flush(out); });
  deliver(out);
  deliver_end();
  finished(Timestamp::max());
}

std::string SerialStage::waiting() const {
  const auto wait = merge_.waits_for();
  if (!wait) return "";
  const std::string since =
      wait->since == Timestamp::min() ? "the start" : format_timestamp(wait->since);
  return fmt::format("node '{}' holds {} packets and waits for its input '{}' since {}", name(),
                     merge_.waiting(), config().type->inputs[wait->port].name, since);
}

}  // namespace attune::pipeline
