#include "media/ts_tables.h"

#include <algorithm>

#include "media/libav.h"

extern "C" {
#include <libavutil/crc.h>
}

namespace attune::media {
namespace {

constexpr std::size_t kPacketBytes = 188;
constexpr std::uint8_t kSync = 0x47;
constexpr int kAssociationPid = 0;
constexpr int kAssociationTable = 0;
constexpr int kMapTable = 2;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kCrcBytes = 4;
/// More than a stream of bytes at random would name.
constexpr std::size_t kMostPrograms = 256;

int big_endian(const std::uint8_t* bytes) {
  return bytes[0] << 8 | bytes[1];
}

std::size_t section_bytes(const std::vector<std::uint8_t>& section) {
  return section.size() < 3 ? 0 : 3 + static_cast<std::size_t>(big_endian(&section[1]) & 0xFFF);
}

bool is_whole(const std::vector<std::uint8_t>& section) {
  const std::size_t size = section_bytes(section);
  if (size < kHeaderBytes + kCrcBytes || section.size() < size) return false;
  return av_crc(av_crc_get_table(AV_CRC_32_IEEE), 0xFFFFFFFF, section.data(), size) == 0;
}

}  // namespace

std::optional<int> TsTables::stream_type(int pid) const {
  for (const auto& [map_pid, streams] : programs_)
    if (const auto it = streams.find(pid); it != streams.end()) return it->second;
  return std::nullopt;
}

void TsTables::read(const std::uint8_t* data, std::size_t size) {
  rest_.insert(rest_.end(), data, data + size);
  std::size_t at = 0;
  while (at + kPacketBytes <= rest_.size()) {
    // One byte alone may be a sync byte by chance; the next packet's must follow.
    const bool is_last = at + kPacketBytes == rest_.size();
    if (rest_[at] != kSync || (!is_last && rest_[at + kPacketBytes] != kSync)) {
      ++at;
      continue;
    }
    read_packet(&rest_[at]);
    at += kPacketBytes;
  }
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(at));
}

void TsTables::read_packet(const std::uint8_t* packet) {
  const int pid = big_endian(packet + 1) & 0x1FFF;
  if (pid != kAssociationPid && !map_pids_.contains(pid)) return;
  const bool begins = (packet[1] & 0x40) != 0;
  const bool has_payload = (packet[3] & 0x10) != 0;
  std::size_t at = 4;
  if ((packet[3] & 0x20) != 0) at += 1U + packet[4];
  if (!has_payload || at >= kPacketBytes) return;
  std::vector<std::uint8_t>& section = sections_[pid];
  if (begins) {
    at += 1U + packet[at];
    section.clear();
  } else if (section.empty()) {
    return;
  }
  if (at >= kPacketBytes) return;
  section.insert(section.end(), packet + at, packet + kPacketBytes);
  const std::size_t size = section_bytes(section);
  if (size == 0 || section.size() < size) return;
  if (is_whole(section)) read_section(pid, section);
  section.clear();
}

void TsTables::read_section(int pid, const std::vector<std::uint8_t>& section) {
  // What is announced for later does not hold yet.
  const bool is_current = (section[5] & 1) != 0;
  if (!is_current) return;
  if (pid == kAssociationPid && section[0] == kAssociationTable) read_programs(section);
  if (pid != kAssociationPid && section[0] == kMapTable) read_streams(pid, section);
}

void TsTables::read_programs(const std::vector<std::uint8_t>& section) {
  const std::size_t end = section_bytes(section) - kCrcBytes;
  for (std::size_t at = kHeaderBytes; at + 4 <= end; at += 4) {
    const bool is_network = big_endian(&section[at]) == 0;
    if (!is_network && map_pids_.size() < kMostPrograms)
      map_pids_.insert(big_endian(&section[at + 2]) & 0x1FFF);
  }
}

void TsTables::read_streams(int pid, const std::vector<std::uint8_t>& section) {
  const std::size_t end = section_bytes(section) - kCrcBytes;
  if (end < kHeaderBytes + 4) return;
  std::size_t at = kHeaderBytes + 4 + static_cast<std::size_t>(big_endian(&section[10]) & 0xFFF);
  Streams streams;
  while (at + 5 <= end) {
    streams[big_endian(&section[at + 1]) & 0x1FFF] = section[at];
    at += 5 + static_cast<std::size_t>(big_endian(&section[at + 3]) & 0xFFF);
  }
  const auto [known, is_new] = programs_.try_emplace(pid, streams);
  if (is_new || known->second == streams) return;
  known->second = std::move(streams);
  ++changes_;
}

}  // namespace attune::media
