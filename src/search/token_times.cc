#include "search/token_times.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "core/error.h"

// For each token a 0, or 1 + confidence in thousandths, then the start after
// the cue's start in milliseconds (zigzag, as it may be before) and the length; numbers are LEB128.

namespace attune::search {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

void put(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  bytes += static_cast<char>(value);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return position_ == bytes_.size(); }

  std::uint64_t next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_end()) break;
      const auto byte = static_cast<unsigned char>(bytes_[position_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw Error(ErrorKind::kInput, "the index is damaged: times of words end early");
  }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace

std::string pack(const std::vector<std::optional<TokenTime>>& times, Timestamp start) {
  std::string bytes;
  for (const std::optional<TokenTime>& time : times) {
    if (!time) {
      put(bytes, 0);
      continue;
    }
    const double confidence = std::clamp(time->confidence, 0.0, 1.0);
    put(bytes, 1 + static_cast<std::uint64_t>(std::lround(confidence * 1000)));
    put(bytes, zigzag(duration_cast<milliseconds>(time->span.start - start).count()));
    put(bytes, static_cast<std::uint64_t>(std::max<std::int64_t>(
                   duration_cast<milliseconds>(time->span.duration()).count(), 0)));
  }
  return bytes;
}

std::vector<std::optional<TokenTime>> unpack(std::string_view bytes, Timestamp start) {
  std::vector<std::optional<TokenTime>> times;
  Reader reader(bytes);
  while (!reader.at_end()) {
    auto& time = times.emplace_back();
    const std::uint64_t confidence = reader.next();
    if (confidence == 0) continue;
    time.emplace();
    time->confidence = static_cast<double>(confidence - 1) / 1000;
    time->span.start = start + milliseconds(unzigzag(reader.next()));
    time->span.end = time->span.start + milliseconds(reader.next());
  }
  return times;
}

}  // namespace attune::search
