#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace attune::media {

/// What an MPEG transport stream says it carries (ISO/IEC 13818-1, 2.4.4: program association and
/// program map), followed while it is read. FFmpeg takes the type of a stream for settled once it
/// has begun. Memory: a few kilobytes. Not thread-safe.
class TsTables {
 public:
  /// The next bytes of the stream; what is no transport stream leaves no trace.
  void read(const std::uint8_t* data, std::size_t size);

  /// How often what is carried has changed.
  int changes() const { return changes_; }
  /// Type of the stream with this packet identifier; nothing when no programme has it.
  std::optional<int> stream_type(int pid) const;

 private:
  using Streams = std::map<int, int>;

  void read_packet(const std::uint8_t* packet);
  void read_section(int pid, const std::vector<std::uint8_t>& section);
  void read_programs(const std::vector<std::uint8_t>& section);
  void read_streams(int pid, const std::vector<std::uint8_t>& section);

  /// Begun packet.
  std::vector<std::uint8_t> rest_;
  /// Begun sections by packet identifier.
  std::map<int, std::vector<std::uint8_t>> sections_;
  std::set<int> map_pids_;
  /// By packet identifier of the programme's map: the streams' types by packet identifier.
  std::map<int, Streams> programs_;
  int changes_ = 0;
};

}  // namespace attune::media
