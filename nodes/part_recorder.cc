#include "nodes/part_recorder.h"

#include <optional>

#include "core/error.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class PartRecorderNode : public pipeline::Node {
 public:
  explicit PartRecorderNode(PartDescription description) : description_(std::move(description)) {}

  void open(pipeline::RunContext& context) override {
    if (context.outputs == nullptr)
      throw Error(ErrorKind::kInternal, "a part of a recording has nowhere to go");
    writer_.emplace(context.outputs->reserve(".part"), description_);
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter&) override {
    if (!packet.is_data()) return;
    const TimeSpan& part = description_.span;
    const Timestamp start = packet.span().start;
    const bool is_before = part.start > Timestamp::min() && start < part.start - kPartOverlap;
    const bool is_after = part.end < Timestamp::max() && start >= part.end + kPartOverlap;
    if (!is_before && !is_after) writer_->add(port, packet);
  }

  void close(pipeline::RunContext& context) override { writer_->finish(context.models); }

 private:
  PartDescription description_;
  std::optional<PartWriter> writer_;
};

}  // namespace

pipeline::NodeType part_recorder_type(const pipeline::Split& split, PartDescription description) {
  return {
      .name = "part_recorder",
      .summary = "Keeps what was found in one part of a recording",
      .inputs = stored_ports(split),
      .make =
          [description = std::move(description)](const pipeline::Parameters&) {
            return std::make_unique<PartRecorderNode>(description);
          },
  };
}

}  // namespace attune::nodes
