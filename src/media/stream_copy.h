#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/container_reader.h"
#include "media/container_writer.h"

namespace attune::media {

/// Everything of one file that goes into another as it is: streams with their languages, titles,
/// dispositions and side data (rotation), chapters, metadata, attachments and cover pictures.
///
/// Streams that only the old container knows (time code tracks, a broadcast's data) are left out
/// and logged. Copies neither the sound nor the picture anew: packets keep their bytes and times,
/// also where the recording does not start at zero. A stream without decoding times gets them.
class StreamCopy {
 public:
  /// Adds the streams to `target`, but for `replaced`, which gets an empty stream in its place.
  /// Both must live as long as this. Throws Error(kUsage) when the container of `target` has no
  /// place for a stream of sound, picture or text.
  StreamCopy(const ContainerReader& source, ContainerWriter& target,
             std::optional<int> replaced = std::nullopt);

  /// The stream of `target` that takes the place of the source's; negative when it is left out.
  int target_stream(int source_stream) const;

  /// Passes a packet of the source on, or drops it when its stream is left out or replaced.
  void write(AVPacket& packet);

 private:
  struct Copied {
    /// Stream of the target; negative: left out.
    int target = -1;
    bool is_replaced = false;
    std::optional<std::int64_t> last_dts;
    std::int64_t last_duration = 0;
  };

  void add_streams(std::optional<int> replaced);
  void fix_times(AVPacket& packet, Copied& stream) const;

  const ContainerReader& source_;
  ContainerWriter& target_;
  std::vector<Copied> streams_;
};

}  // namespace attune::media
