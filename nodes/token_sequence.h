#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "pipeline/packet.h"

namespace attune::nodes {

/// Tokens of any kind: sound, a face, rows of a sensor, words. What an attention takes.
struct TokenSequence {
  /// Which of several sequences on one edge: the track of a face; 0 where there is one.
  std::int64_t source = 0;
  /// Numbers in a token.
  std::int64_t width = 0;
  /// Heads that the numbers of a token are made for, side by side; divides `width`.
  std::int64_t heads = 1;
  /// Not descending, also from packet to packet of a source.
  std::vector<Timestamp> times;
  /// [times, width]
  std::vector<float> tokens;

  std::int64_t length() const { return static_cast<std::int64_t>(times.size()); }
};

/// Where the queries of an attention looked.
struct AttentionMap {
  /// One query's weight on one key, mean over heads.
  struct Weight {
    Timestamp query;
    Timestamp key;
    std::int64_t source = 0;
    float weight = 0;
  };

  /// Of the queries.
  std::vector<Timestamp> times;
  /// The keys' sources, ascending.
  std::vector<std::int64_t> sources;
  /// [times, sources]: share of a query's weight that a source has, mean over heads.
  std::vector<float> mass;
  /// Offsets (time of key less time of query) are counted in bins of `bin`, the first one around
  /// first_offset * bin.
  Duration bin{};
  std::int64_t first_offset = 0;
  std::int64_t offsets = 0;
  /// [times, offsets]: share by offset, summed over sources, mean over heads.
  std::vector<float> profile;
  /// Whether weights were asked for; those above a threshold.
  bool has_weights = false;
  std::vector<Weight> weights;
};

}  // namespace attune::nodes

namespace attune::pipeline {

template <>
struct PayloadTraits<nodes::TokenSequence> {
  static constexpr std::string_view kName = "TokenSequence";
  static std::size_t bytes(const nodes::TokenSequence& s) {
    return sizeof(s) + sizeof(Timestamp) * s.times.size() + sizeof(float) * s.tokens.size();
  }
};

template <>
struct PayloadTraits<nodes::AttentionMap> {
  static constexpr std::string_view kName = "AttentionMap";
  static std::size_t bytes(const nodes::AttentionMap& m) {
    return sizeof(m) + sizeof(Timestamp) * m.times.size() +
           sizeof(float) * (m.mass.size() + m.profile.size()) +
           sizeof(nodes::AttentionMap::Weight) * m.weights.size();
  }
};

}  // namespace attune::pipeline
