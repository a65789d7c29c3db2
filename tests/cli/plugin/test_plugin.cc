// Node types for tests of the program, loaded with --plugin.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

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

/// What a worker that wants to do harm could do.
struct Harm {
  bool wrote_beside_input = false;
  bool opened_connection = false;
};

Harm try_harm(const std::string& input) {
  Harm harm;
  const int file = ::open((input + ".stolen").c_str(), O_WRONLY | O_CREAT, 0666);
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  harm.wrote_beside_input = file >= 0;
  harm.opened_connection = connection >= 0;
  for (const int descriptor : {file, connection})
    if (descriptor >= 0) ::close(descriptor);
  return harm;
}

/// Takes memory and keeps it for half a minute.
void be_hungry() {
  std::vector<char> memory(std::size_t{600} << 20, 1);
  std::this_thread::sleep_for(std::chrono::seconds(30));
  if (std::count(memory.begin(), memory.end(), 1) == 0) throw std::logic_error("no memory");
}

void wait_until_gone(const std::string& input) {
  while (::access(input.c_str(), F_OK) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  throw Error(ErrorKind::kInput, input + ": cannot be read any more");
}

/// Does what the name of the input asks for: "bad..." cannot be read, "sigint..." and "sigterm..."
/// send the program that signal after 20 ticks and go on for ever, "slow..." goes on for ever,
/// "crash..." dies, "flaky..." dies unless there is a file of that name with ".cured", "hungry..."
/// takes memory, "fading..." cannot be read once the file is gone, "intruder..." tries to do harm
/// and says what came of it; anything else has 50 ticks.
class TickSource final : public pipeline::SourceNode {
 public:
  void open(pipeline::RunContext& context) override {
    const std::string name = context.input.substr(context.input.find_last_of('/') + 1);
    if (name.starts_with("bad"))
      throw Error(ErrorKind::kInput, context.input + ": is no recording");
    if (name.starts_with("sigint")) signal_ = SIGINT;
    if (name.starts_with("sigterm")) signal_ = SIGTERM;
    if (name.starts_with("flaky") && ::access((context.input + ".cured").c_str(), F_OK) != 0)
      std::raise(SIGABRT);
    if (name.starts_with("crash")) std::raise(SIGSEGV);
    if (name.starts_with("hungry")) be_hungry();
    if (name.starts_with("fading")) wait_until_gone(context.input);
    if (name.starts_with("intruder")) context.facts.put(try_harm(context.input));
    endless_ = signal_ != 0 || name.starts_with("slow");
    context.total = std::chrono::seconds(50);
  }

  bool produce(pipeline::Emitter& out) override {
    const Timestamp start = std::chrono::seconds(next_);
    out.emit(pipeline::Packet::data(attune::TimeSpan{start, start + std::chrono::seconds(1)},
                                    Tick{next_}));
    ++next_;
    if (signal_ != 0 && next_ == 20) std::raise(signal_);
    if (endless_ && signal_ == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return endless_ || next_ < 50;
  }

 private:
  int signal_ = 0;
  bool endless_ = false;
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
    if (const Harm* harm = context.facts.find<Harm>()) {
      context.outputs->write(".harm",
                             fmt::format("wrote {} connected {}\n", harm->wrote_beside_input,
                                         harm->opened_connection));
    }
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
