#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "attention/cross_attention.h"
#include "attention/fused_kernel.h"

namespace attune::attention {

struct StreamShape {
  std::int64_t heads = 1;
  std::int64_t key_width = 0;
  std::int64_t value_width = 0;
  /// Keys that a query at position t may attend to: t - before .. t + after. Not negative together.
  std::int64_t before = 0;
  std::int64_t after = 0;
  /// How many positions the keys of a track may be ahead of the last query that was answered,
  /// beyond `after`.
  std::int64_t ahead = 0;
  /// 1 / sqrt(key width) when absent.
  std::optional<float> scale{};
};

/// The windowed kernel on a stream: a ring of past keys and values for each track, and queries that
/// attend to the keys of all tracks within their window. With one track the results are those of
/// cross_attention() on the whole sequence with the same window, bit for bit, however keys and
/// queries were cut; with several tracks those of their keys put together, within rounding.
///
/// Keys and queries stand at integer positions of one time line (the ticks of a token grid).
/// Memory: tracks * (before + after + ahead + 256) rows, however long the stream. Not thread-safe.
/// Throws Error(kUsage), naming the argument, on shapes that do not fit, keys that do not follow
/// each other, and queries whose keys are forgotten or have not come.
class WindowedStream {
 public:
  explicit WindowedStream(const StreamShape& shape);

  /// The next keys and values of a track: [1, heads, count, width], at the positions first,
  /// first + 1, ... A track begins with its first keys; later ones follow without a gap.
  void push(std::int64_t track, std::int64_t first, const HeadsView<const float>& key,
            const HeadsView<const float>& value);

  /// No keys of the track come after those pushed. It is forgotten when no query can reach it.
  void end(std::int64_t track);

  /// The answers of the queries [1, heads, count, key width] at the positions first, first + 1,
  /// ...: output [1, heads, count, value width]. Every track that has not ended must have its keys
  /// up to first + count - 1 + after. Queries go forward: what lies before the window of first +
  /// count is forgotten.
  ///
  /// readout.group_sums: sums of weights for each of tracks(), [1, heads, count, tracks];
  /// readout.offset_sums: by position of the key less position of the query. No weights.
  void attend(std::int64_t first, const HeadsView<const float>& query,
              const HeadsView<float>& output, const AttentionReadout& readout = {});

  /// Ids of the tracks that are held, ascending.
  std::vector<std::int64_t> tracks() const;

 private:
  struct Track {
    /// Position of row 0.
    std::int64_t first = 0;
    /// Rows that are held, and whether more may come.
    KeyRange rows;
    bool ended = false;
    /// [heads, ring, width]
    std::vector<float> keys;
    std::vector<float> values;
    /// Of each head, in order of rows.
    std::vector<std::vector<StrayValue>> strays;
    /// Rows of each query of a call.
    std::vector<KeyRange> ranges;
  };

  void check_queries(std::int64_t first, const HeadsView<const float>& query,
                     const HeadsView<float>& output, const AttentionReadout& readout) const;
  void store(Track& track, std::int64_t head, std::int64_t row, const HeadsView<const float>& key,
             const HeadsView<const float>& value, std::int64_t index) const;
  void forget_before(std::int64_t position);
  void forget_rows(Track& track) const;
  void attend_head(std::int64_t head, std::int64_t first, const HeadsView<const float>& query,
                   const HeadsView<float>& output, const AttentionReadout& readout) const;

  StreamShape shape_;
  /// Rows of a ring, a multiple of kKeyBlock.
  std::int64_t ring_;
  std::map<std::int64_t, Track> tracks_;
  /// Queries to come reach no key before this position.
  std::optional<std::int64_t> reach_;
};

}  // namespace attune::attention
