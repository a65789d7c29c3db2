// Node types for tests of the program, loaded with --plugin.

#include <fmt/format.h>

#include <csignal>
#include <memory>
#include <string>

#include "core/error.h"
#include "pipeline/node_type.h"

namespace {

using attune::Error;
using attune::ErrorKind;
using attune::Timestamp;
namespace pipeline = attune::pipeline;

struct Tick {
  int value = 0;
};

}  // namespace

template <>
struct attune::pipeline::PayloadTraits<Tick> {
  static constexpr std::string_view kName = "Tick";
  static std::size_t bytes(const Tick&) { return sizeof(Tick); }
};

namespace {

/// Does what the name of the input asks for: "bad..." cannot be read, "sigint..." and "sigterm..."
/// send the program that signal after 20 ticks and go on for ever; anything else has 50 ticks.
class TickSource final : public pipeline::SourceNode {
 public:
  void open(pipeline::RunContext& context) override {
    const std::string name = context.input.substr(context.input.find_last_of('/') + 1);
    if (name.starts_with("bad"))
      throw Error(ErrorKind::kInput, context.input + ": is no recording");
    if (name.starts_with("sigint")) signal_ = SIGINT;
    if (name.starts_with("sigterm")) signal_ = SIGTERM;
    context.total = std::chrono::seconds(50);
  }

  bool produce(pipeline::Emitter& out) override {
    const Timestamp start = std::chrono::seconds(next_);
    out.emit(pipeline::Packet::data(attune::TimeSpan{start, start + std::chrono::seconds(1)},
                                    Tick{next_}));
    ++next_;
    if (signal_ != 0 && next_ == 20) std::raise(signal_);
    return signal_ != 0 || next_ < 50;
  }

 private:
  int signal_ = 0;
  int next_ = 0;
};

class TickWriter final : public pipeline::Node {
 public:
  explicit TickWriter(std::string text) : text_(std::move(text)) {}
  void process(std::size_t, const pipeline::Packet& packet, pipeline::Emitter&) override {
    if (packet.is_data()) ++count_;
  }
  void close(pipeline::RunContext& context) override {
    context.outputs->write(".txt", fmt::format("{} {}\n", text_, count_));
  }

 private:
  std::string text_;
  int count_ = 0;
};

}  // namespace

extern "C" void attune_register_nodes(attune::pipeline::NodeRegistry& registry) {
  registry.add(
      {.name = "tick_source",
       .summary = "Ticks once a second",
       .outputs = {pipeline::port<Tick>("ticks", "one a second")},
       .concurrency = pipeline::Concurrency::kSource,
       .example = "source: {type: tick_source}",
       .make = [](const pipeline::Parameters&) { return std::make_unique<TickSource>(); }});
  registry.add({.name = "tick_writer",
                .summary = "Writes how many ticks came",
                .inputs = {pipeline::port<Tick>("ticks", "ticks to count")},
                .parameters = {{.name = "text",
                                .default_value = std::string("ticks:"),
                                .doc = "what to write"}},
                .example = "writer: {type: tick_writer, in: source}",
                .make = [](const pipeline::Parameters& parameters) {
                  return std::make_unique<TickWriter>(parameters.get<std::string>("text"));
                }});
}
