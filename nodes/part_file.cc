#include "nodes/part_file.h"

#include <fmt/format.h>

#include <cereal/archives/binary.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <cstdint>
#include <limits>
#include <sstream>

#include "core/error.h"

namespace attune::pipeline {

template <class Archive>
void serialize(Archive& archive, ModelUsed& model) {
  archive(model.name, model.sha256);
}

}  // namespace attune::pipeline

namespace attune::nodes {
namespace {

using pipeline::Packet;

const std::string kMagic = "attune part 1";
/// In place of an output's number, before the models.
constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

struct PacketHead {
  std::uint32_t output = kEnd;
  TimeSpan span{};
  std::uint64_t size = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(output, span.start, span.end, size);
  }
};

}  // namespace

template <class Write>
void PartWriter::guard(const Write& write) {
  try {
    write();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kOutput,
                fmt::format("{}: cannot write: {}", file_.string(), error.what()));
  }
}

PartWriter::PartWriter(std::filesystem::path file, const PartDescription& description)
    : file_(std::move(file)), stream_(file_, std::ios::binary | std::ios::trunc) {
  guard([&] {
    stream_.exceptions(std::ios::failbit | std::ios::badbit);
    cereal::BinaryOutputArchive archive(stream_);
    archive(kMagic, description.pipeline_hash, description.outputs, description.span.start,
            description.span.end);
  });
}

void PartWriter::add(std::size_t output, const Packet& packet) {
  guard([&] {
    std::ostringstream payload;
    packet.type()->store(payload, packet);
    const std::string content = std::move(payload).str();
    cereal::BinaryOutputArchive archive(stream_);
    archive(PacketHead{static_cast<std::uint32_t>(output), packet.span(), content.size()});
    stream_.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

void PartWriter::finish(const std::map<std::string, pipeline::ModelUsed>& models) {
  guard([&] {
    cereal::BinaryOutputArchive archive(stream_);
    archive(PacketHead{}, models);
    stream_.close();
  });
}

Packet PartReader::StoredPacket::load(const pipeline::PayloadType& type) const {
  std::istringstream stream(content);
  return type.load(stream, span);
}

PartReader::PartReader(std::filesystem::path file)
    : file_(std::move(file)), stream_(file_, std::ios::binary) {
  try {
    stream_.exceptions(std::ios::failbit | std::ios::badbit);
    cereal::BinaryInputArchive archive(stream_);
    std::string magic(kMagic.size(), '\0');
    std::uint64_t size = 0;
    archive(size);
    if (size == kMagic.size()) stream_.read(magic.data(), static_cast<std::streamsize>(size));
    if (magic != kMagic) throw std::runtime_error("it does not begin as one");
    archive(description_.pipeline_hash, description_.outputs, description_.span.start,
            description_.span.end);
    first_packet_ = stream_.tellg();
    check_whole();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInput, fmt::format("{} is no whole part of a recording: {}",
                                               file_.string(), error.what()));
  }
}

void PartReader::check_whole() {
  cereal::BinaryInputArchive archive(stream_);
  PacketHead head;
  while (archive(head), head.output != kEnd) {
    if (head.output >= description_.outputs.size()) throw std::runtime_error("it is damaged");
    stream_.seekg(static_cast<std::streamoff>(head.size), std::ios::cur);
  }
  archive(models_);
  rewind();
}

void PartReader::rewind() {
  stream_.seekg(first_packet_);
}

std::optional<PartReader::StoredPacket> PartReader::next() {
  try {
    cereal::BinaryInputArchive archive(stream_);
    PacketHead head;
    archive(head);
    if (head.output == kEnd) return std::nullopt;
    StoredPacket packet{head.output, head.span, std::string(head.size, '\0')};
    stream_.read(packet.content.data(), static_cast<std::streamsize>(head.size));
    return packet;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file_.string(), error.what()));
  }
}

}  // namespace attune::nodes
