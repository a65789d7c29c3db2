#include "nodes/part_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "core/error.h"
#include "nodes/part_file.h"
#include "nodes/payloads.h"
#include "nodes/token_seam.h"
#include "nodes/track_numbers.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;
using pipeline::payload_type;
using pipeline::PayloadType;

struct Recording {
  std::vector<std::filesystem::path> parts;
  std::string pipeline_hash;
  std::vector<std::string> names;
  std::vector<const PayloadType*> types;
  /// The sources that the pipeline has, which know the recording.
  std::vector<std::function<std::unique_ptr<pipeline::Node>()>> sources;
};

class PartPlayerNode : public pipeline::SourceNode {
 public:
  explicit PartPlayerNode(Recording recording) : recording_(std::move(recording)) {}

  void open(pipeline::RunContext& context) override {
    for (const auto& make : recording_.sources) sources_.emplace_back(make())->open(context);
    Timestamp expected = Timestamp::min();
    for (const std::filesystem::path& file : recording_.parts) {
      const PartReader& reader = readers_.emplace_back(file);
      const PartDescription& part = reader.description();
      if (part.pipeline_hash != recording_.pipeline_hash || part.outputs != recording_.names ||
          part.span.start != expected)
        throw Error(ErrorKind::kInput,
                    file.string() + ": does not belong to the other parts of this recording");
      expected = part.span.end;
      for (const auto& [role, model] : reader.models()) context.models[role] = model;
    }
    if (expected != Timestamp::max())
      throw Error(ErrorKind::kInput, context.input + ": its last part is missing");
  }

  bool produce(pipeline::Emitter& out) override {
    if (part_ == readers_.size()) return false;
    if (!is_begun_) begin_part();
    if (const auto stored = reader().next()) {
      play(*stored, out);
      return true;
    }
    tell_time(span().end, out);
    is_begun_ = false;
    return ++part_ < readers_.size();
  }

 private:
  PartReader& reader() { return readers_[part_]; }
  const TimeSpan& span() { return reader().description().span; }
  TokenIndex first_tick() {
    return span().start == Timestamp::min() ? std::numeric_limits<TokenIndex>::min()
                                            : token_ceil(span().start);
  }

  /// Numbers the tracks before anything is given out that names them.
  void begin_part() {
    is_begun_ = true;
    numbers_.begin_part();
    const auto tracks = std::find(recording_.types.begin(), recording_.types.end(),
                                  &payload_type<align::FaceTrackChunk>());
    const auto output = static_cast<std::size_t>(tracks - recording_.types.begin());
    while (const auto stored = reader().next()) {
      if (stored->output != output || stored->span.start >= span().end) continue;
      const Packet packet = stored->load(**tracks);
      const auto& window = packet.get<align::FaceTrackChunk>();
      if (stored->span.start < span().start) {
        numbers_.compare(window);
      } else {
        numbers_.add(window);
      }
    }
    reader().rewind();
  }

  void play(const PartReader::StoredPacket& stored, pipeline::Emitter& out) {
    const PayloadType& type = *recording_.types[stored.output];
    const bool is_after = stored.span.start >= span().end;
    if (is_after && &type == &payload_type<FaceTokenWindow>())
      seam_.keep_late(stored.load(type).get<FaceTokenWindow>(), token_ceil(span().end), numbers_);
    if (is_after || stored.span.start < span().start) return;
    tell_time(stored.span.start, out);
    out.emit(stored.output, joined(stored.load(type)));
  }

  Packet joined(const Packet& packet) {
    if (packet.type() == &payload_type<align::FaceTrackChunk>())
      return Packet::data(packet.span(), numbers_.numbered(packet.get<align::FaceTrackChunk>()));
    if (packet.type() == &payload_type<FaceTokenWindow>())
      return Packet::data(packet.span(),
                          seam_.join(packet.get<FaceTokenWindow>(), first_tick(), numbers_));
    return packet;
  }

  /// Packets are in order over all outputs: nothing before this one follows on any.
  void tell_time(Timestamp time, pipeline::Emitter& out) {
    if (time <= told_ || time == Timestamp::max()) return;
    told_ = time;
    for (std::size_t output = 0; output < recording_.types.size(); ++output)
      out.emit(output, Packet::watermark(time));
  }

  Recording recording_;
  std::vector<std::unique_ptr<pipeline::Node>> sources_;
  std::vector<PartReader> readers_;
  std::size_t part_ = 0;
  bool is_begun_ = false;
  TrackNumbers numbers_;
  TokenSeam seam_;
  Timestamp told_ = Timestamp::min();
};

}  // namespace

pipeline::NodeType part_player_type(const pipeline::Config& config, const pipeline::Split& split,
                                    std::vector<std::filesystem::path> parts) {
  Recording recording{std::move(parts), config.hash, {}, {}, {}};
  for (const pipeline::StoredOutput& output : split.stored) {
    recording.names.push_back(output.name);
    recording.types.push_back(output.type);
  }
  for (const pipeline::NodeConfig& node : config.nodes)
    if (node.type->concurrency == pipeline::Concurrency::kSource)
      recording.sources.push_back([&node] { return node.type->make(node.parameters); });
  return {
      .name = "part_player",
      .summary = "Gives what was found in the parts of a recording",
      .outputs = stored_ports(split),
      .concurrency = pipeline::Concurrency::kSource,
      .make =
          [recording = std::move(recording)](const pipeline::Parameters&) {
            return std::make_unique<PartPlayerNode>(recording);
          },
  };
}

}  // namespace attune::nodes
