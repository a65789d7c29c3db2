#include "pipeline/stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace attune::pipeline {

void Batch::emit(std::size_t output_port, Packet packet) {
  if (output_port >= type_.outputs.size()) {
    throw Error(ErrorKind::kInternal, fmt::format("{} emitted on output {}, but declares {}",
                                                  type_.name, output_port, type_.outputs.size()));
  }
  const PortSpec& port = type_.outputs[output_port];
  if (packet.kind() == Packet::Kind::kEndOfStream) {
    throw Error(ErrorKind::kInternal,
                "a node emitted an end of stream, which is the runtime's to send");
  }
  if (packet.is_data() && *packet.type()->info != *port.type->info) {
    throw Error(ErrorKind::kInternal,
                fmt::format("emitted {} on output '{}', which is declared as {}",
                            packet.type()->name, port.name, port.type->name));
  }
  packets.emplace_back(output_port, budget_.count(std::move(packet)));
}

Stage::Stage(const NodeConfig& config, RunState& run)
    : config_(config),
      run_(run),
      node_(config.type->make(config.parameters)),
      outputs_(config.type->outputs.size()) {}

void Stage::connect(std::size_t output_port, Stage& consumer, std::size_t input_port) {
  edges_.push_back({output_port, &consumer, input_port});
}

/// Whether a packet goes out: a watermark that tells nothing new does not.
bool Stage::accept(std::size_t port, const Packet& packet) {
  Output& output = outputs_[port];
  const Timestamp start = packet.span().start;
  if (packet.kind() == Packet::Kind::kWatermark && start <= output.last_start) return false;
  if (start < output.last_start) {
    throw Error(
        ErrorKind::kInternal,
        fmt::format("output '{}' went back in time from {} to {}", config_.type->outputs[port].name,
                    format_timestamp(output.last_start), format_timestamp(start)));
  }
  output.last_start = start;
  output.last_end = std::max({output.last_end, start, packet.span().end});
  return true;
}

void Stage::deliver(Batch& batch) {
  std::vector<std::vector<Packet>> by_port(outputs_.size());
  for (auto& [port, packet] : batch.packets) {
    if (accept(port, packet)) by_port[port].push_back(std::move(packet));
  }
  batch.packets.clear();
  for (const Edge& edge : edges_) {
    const auto& packets = by_port[edge.output_port];
    if (!packets.empty()) edge.consumer->receive(edge.input_port, packets);
  }
}

void Stage::deliver_end() {
  for (const Edge& edge : edges_) {
    const Timestamp end = std::max(outputs_[edge.output_port].last_end, Timestamp::zero());
    edge.consumer->receive(edge.input_port, {Packet::end_of_stream(end)});
  }
}

void Stage::finished(Timestamp t) {
  if (terminal_) run_.throttle.finished(*terminal_, t);
}

NodeStatistics Stage::statistics() const {
  return {config_.name, packets_.load(), Duration(busy_.load())};
}

}  // namespace attune::pipeline
