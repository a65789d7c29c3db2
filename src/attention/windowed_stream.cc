#include "attention/windowed_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "attention/attention_shapes.h"
#include "attention/task_loop.h"
#include "core/error.h"

namespace attune::attention {

namespace {

[[noreturn]] void reject(const std::string& message) {
  throw Error(ErrorKind::kUsage, "windowed stream: " + message);
}

template <class T>
void expect_rows(const char* name, const HeadsView<T>& view, std::int64_t heads, std::int64_t count,
                 std::int64_t width) {
  const std::array<std::int64_t, 4> expected{1, heads, count, width};
  if (view.shape != expected)
    reject(fmt::format("{} [{}, {}, {}, {}] should be [1, {}, {}, {}]", name, view.shape[0],
                       view.shape[1], view.shape[2], view.shape[3], heads, count, width));
  if (view.data == nullptr && count > 0 && width > 0) reject(std::string(name) + " has no data");
}

std::int64_t round_up(std::int64_t count) {
  return (count + kKeyBlock - 1) / kKeyBlock * kKeyBlock;
}

}  // namespace

WindowedStream::WindowedStream(const StreamShape& shape) : shape_(shape) {
  if (shape.heads < 1 || shape.key_width < 1 || shape.value_width < 0 || shape.ahead < 0)
    reject(fmt::format("{} heads, keys {} and values {} wide, {} ahead", shape.heads,
                       shape.key_width, shape.value_width, shape.ahead));
  check_window_width(shape.before, shape.after);
  // Before the first query nothing is known of its window but how far it may lie ahead. The window
  // may begin and end within a block of keys.
  constexpr std::int64_t kMostRows = std::int64_t{1} << 40;
  const std::int64_t before = std::max<std::int64_t>(shape.before, 0);
  const std::int64_t after = std::max<std::int64_t>(shape.after, 0);
  if (before > kMostRows || after > kMostRows || shape.ahead > kMostRows)
    reject(fmt::format("a window from {} before to {} after, {} ahead, is more than can be held",
                       shape.before, shape.after, shape.ahead));
  ring_ = round_up(before + after + 1 + shape.ahead) + kKeyBlock;
}

void WindowedStream::push(std::int64_t id, std::int64_t first, const HeadsView<const float>& key,
                          const HeadsView<const float>& value) {
  const std::int64_t count = key.length();
  expect_rows("key", key, shape_.heads, count, shape_.key_width);
  expect_rows("value", value, shape_.heads, count, shape_.value_width);
  const auto known = tracks_.find(id);
  const bool begins = known == tracks_.end();
  if (!begins && known->second.ended) reject(fmt::format("keys of track {}, which has ended", id));
  const std::int64_t next = begins ? first : known->second.first + known->second.rows.end;
  if (first != next)
    reject(fmt::format("keys of track {} at {} do not follow those up to {}", id, first, next));
  // Keys that no query can reach take no room.
  const std::int64_t oldest = begins ? first : known->second.first + known->second.rows.begin;
  const std::int64_t needed = first + count - std::max(oldest, reach_.value_or(oldest));
  if (needed > ring_ - kKeyBlock)
    reject(fmt::format("keys of track {} up to {} are more than {} ahead of the queries", id,
                       first + count - 1, shape_.ahead));
  Track& track = tracks_[id];
  if (begins) {
    track.first = first;
    track.keys.resize(static_cast<std::size_t>(shape_.heads * ring_ * shape_.key_width));
    track.values.resize(static_cast<std::size_t>(shape_.heads * ring_ * shape_.value_width));
    track.strays.resize(static_cast<std::size_t>(shape_.heads));
  }
  for (std::int64_t head = 0; head < shape_.heads; ++head)
    for (std::int64_t i = std::max<std::int64_t>(count - (ring_ - kKeyBlock), 0); i < count; ++i)
      store(track, head, track.rows.end + i, key, value, i);
  track.rows.end += count;
  forget_rows(track);
}

void WindowedStream::store(Track& track, std::int64_t head, std::int64_t row,
                           const HeadsView<const float>& key, const HeadsView<const float>& value,
                           std::int64_t index) const {
  const std::int64_t at = head * ring_ + row % ring_;
  float* to_key = track.keys.data() + at * shape_.key_width;
  for (std::int64_t c = 0; c < shape_.key_width; ++c) to_key[c] = *key.at(0, head, index, c);
  float* to_value = track.values.data() + at * shape_.value_width;
  for (std::int64_t c = 0; c < shape_.value_width; ++c) {
    const float number = *value.at(0, head, index, c);
    to_value[c] = std::isfinite(number) ? number : 0.0F;
    if (!std::isfinite(number)) track.strays[head].push_back({row, c, number});
  }
}

void WindowedStream::end(std::int64_t track) {
  const auto found = tracks_.find(track);
  if (found == tracks_.end()) reject(fmt::format("there is no track {} to end", track));
  found->second.ended = true;
}

std::vector<std::int64_t> WindowedStream::tracks() const {
  std::vector<std::int64_t> ids;
  for (const auto& [id, track] : tracks_) ids.push_back(id);
  return ids;
}

void WindowedStream::check_queries(std::int64_t first, const HeadsView<const float>& query,
                                   const HeadsView<float>& output,
                                   const AttentionReadout& readout) const {
  const std::int64_t count = query.length();
  expect_rows("query", query, shape_.heads, count, shape_.key_width);
  expect_rows("output", output, shape_.heads, count, shape_.value_width);
  if (readout.weights.data != nullptr) reject("there are no weights to read out");
  if (readout.group_sums.data != nullptr)
    expect_rows("group sums", readout.group_sums, shape_.heads, count,
                static_cast<std::int64_t>(tracks_.size()));
  if (readout.offset_sums.data != nullptr)
    expect_rows("offset sums", readout.offset_sums, shape_.heads,
                readout.offset_sums.length() == 1 ? 1 : count, readout.offset_sums.width());
  for (const auto& [id, track] : tracks_) {
    const std::int64_t last = first + count - 1 + shape_.after;
    if (!track.ended && track.first + track.rows.end <= last && count > 0)
      reject(fmt::format("a query at {} needs the keys of track {} up to {}, but they end at {}",
                         first + count - 1, id, last, track.first + track.rows.end - 1));
    if (track.rows.begin > 0 && first - shape_.before < track.first + track.rows.begin)
      reject(
          fmt::format("a query at {} needs the keys of track {} from {}, but those before {} "
                      "are forgotten",
                      first, id, first - shape_.before, track.first + track.rows.begin));
  }
}

void WindowedStream::attend(std::int64_t first, const HeadsView<const float>& query,
                            const HeadsView<float>& output, const AttentionReadout& readout) {
  check_queries(first, query, output, readout);
  const std::int64_t count = query.length();
  for (auto& [id, track] : tracks_) {
    track.ranges.resize(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t row = first + i - track.first;
      const std::int64_t begin = std::max(row - shape_.before, track.rows.begin);
      track.ranges[i] = {begin, std::max(begin, std::min(row + shape_.after + 1, track.rows.end))};
    }
  }
  const double keys =
      static_cast<double>(tracks_.size()) * static_cast<double>(shape_.before + shape_.after + 1);
  for_each_task(shape_.heads,
                keys * static_cast<double>(shape_.heads * count) *
                    static_cast<double>(shape_.key_width + shape_.value_width),
                [&](std::int64_t head) { attend_head(head, first, query, output, readout); });
  forget_before(first + count - shape_.before);
}

void WindowedStream::attend_head(std::int64_t head, std::int64_t first,
                                 const HeadsView<const float>& query,
                                 const HeadsView<float>& output,
                                 const AttentionReadout& readout) const {
  thread_local std::vector<KeySequence> sequences;
  sequences.clear();
  for (const auto& [id, track] : tracks_) {
    KeySequence& sequence = sequences.emplace_back();
    sequence.key = track.keys.data() + head * ring_ * shape_.key_width;
    sequence.key_stride = shape_.key_width;
    sequence.value = track.values.data() + head * ring_ * shape_.value_width;
    sequence.value_stride = shape_.value_width;
    sequence.rows = track.rows;
    sequence.ring = ring_;
    sequence.ranges = track.ranges.data();
    sequence.strays = track.strays[head];
    sequence.group = static_cast<std::int32_t>(sequences.size() - 1);
    // Relative to the first query, whose number is 0.
    sequence.first_position = track.first - first;
  }
  const auto rows_of = [&](const HeadsView<float>& view, bool summed = false) {
    if (view.data == nullptr) return RowsOut{};
    return RowsOut{view.at(0, head, 0, 0), summed ? 0 : view.strides[2], view.strides[3]};
  };
  FusedProblem problem;
  problem.query = query.at(0, head, 0, 0);
  problem.query_stride = query.strides[2];
  problem.query_column_stride = query.strides[3];
  problem.queries = query.length();
  problem.key_width = shape_.key_width;
  problem.value_width = shape_.value_width;
  problem.scale = shape_.scale.value_or(1.0F / std::sqrt(static_cast<float>(shape_.key_width)));
  problem.sequences = sequences;
  problem.output = rows_of(output);
  problem.readout.group_sums = rows_of(readout.group_sums);
  problem.readout.groups = static_cast<std::int64_t>(tracks_.size());
  const HeadsView<float>& offsets = readout.offset_sums;
  problem.readout.offset_sums = rows_of(offsets, offsets.length() != query.length());
  problem.readout.first_offset = readout.first_offset;
  problem.readout.offsets = offsets.width();
  for (std::int64_t row = 0; row < offsets.length(); ++row)
    for (std::int64_t c = 0; c < offsets.width(); ++c) *offsets.at(0, head, row, c) = 0;
  for (std::int64_t i = 0; i < query.length(); i += kTaskQueries)
    fused_attention(problem, i, std::min(kTaskQueries, query.length() - i));
}

void WindowedStream::forget_rows(Track& track) const {
  if (!reach_) return;
  track.rows.begin = std::clamp(*reach_ - track.first, track.rows.begin, track.rows.end);
  for (auto& strays : track.strays)
    std::erase_if(strays, [&](const StrayValue& s) { return s.row < track.rows.begin; });
}

void WindowedStream::forget_before(std::int64_t position) {
  reach_ = std::max(position, reach_.value_or(position));
  for (auto entry = tracks_.begin(); entry != tracks_.end();) {
    Track& track = entry->second;
    forget_rows(track);
    const bool gone = track.ended && track.rows.begin == track.rows.end;
    entry = gone ? tracks_.erase(entry) : std::next(entry);
  }
}

}  // namespace attune::attention
