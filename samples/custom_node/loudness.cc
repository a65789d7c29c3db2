// A custom node: writes the level of the sound over windows of time as a CSV file.
// attune loads it with --plugin and calls attune_register_nodes.

#include <attune/nodes/payloads.h>
#include <attune/pipeline/node_type.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>

namespace {

using attune::Duration;
using attune::Timestamp;
using attune::media::AudioChunk;

class LoudnessNode : public attune::pipeline::Node {
 public:
  explicit LoudnessNode(Duration window) : window_(window) {}

  void process(std::size_t, const attune::pipeline::Packet& packet,
               attune::pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    const auto& chunk = packet.get<AudioChunk>();
    if (count_ == 0 && table_.empty()) start_ = chunk.start;
    for (const float sample : chunk.samples) {
      energy_ += static_cast<double>(sample) * sample;
      if (Duration(++count_ * 1'000'000'000LL / attune::media::kSampleRateHz) >= window_)
        end_window();
    }
  }

  void flush(attune::pipeline::Emitter&) override {
    if (count_ > 0) end_window();
  }

  void close(attune::pipeline::RunContext& context) override {
    if (context.outputs != nullptr)
      context.outputs->write(".loudness.csv", "start_seconds,level_db\n" + table_);
  }

 private:
  void end_window() {
    const double level_db = 10 * std::log10(std::max(energy_ / static_cast<double>(count_), 1e-10));
    table_ += fmt::format("{:.3f},{:.1f}\n", attune::to_seconds(start_), level_db);
    start_ += Duration(count_ * 1'000'000'000LL / attune::media::kSampleRateHz);
    energy_ = 0;
    count_ = 0;
  }

  Duration window_;
  Timestamp start_{};
  double energy_ = 0;
  std::int64_t count_ = 0;
  std::string table_;
};

}  // namespace

extern "C" void attune_register_nodes(attune::pipeline::NodeRegistry& registry) {
  registry.add({
      .name = "loudness",
      .summary = "Writes the level of the sound over time",
      .doc = "Root mean square in dB relative to full scale, one line per window.",
      .inputs = {attune::pipeline::port<AudioChunk>("sound", "16 kHz mono")},
      .outputs = {},
      .parameters = {{.name = "window",
                      .default_value = Duration(std::chrono::seconds(1)),
                      .doc = "length of the windows",
                      .minimum = 0.01,
                      .maximum = 3600}},
      .concurrency = attune::pipeline::Concurrency::kSerial,
      .example = "loudness: {type: loudness, in: sound, window: 1s}",
      .make =
          [](const attune::pipeline::Parameters& parameters) {
            return std::make_unique<LoudnessNode>(parameters.get<Duration>("window"));
          },
  });
}
