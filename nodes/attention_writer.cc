#include "nodes/attention_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "nodes/heat_map.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

enum class Format { kQueries, kOffsets, kWeights, kHeatMap };

std::vector<Format> parse_formats(const std::string& text) {
  std::vector<Format> formats;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    if (word == "queries") {
      formats.push_back(Format::kQueries);
    } else if (word == "offsets") {
      formats.push_back(Format::kOffsets);
    } else if (word == "weights") {
      formats.push_back(Format::kWeights);
    } else if (word == "heatmap") {
      formats.push_back(Format::kHeatMap);
    } else {
      throw Error(ErrorKind::kConfig,
                  fmt::format("'{}' is no format of an attention; choose from queries, offsets, "
                              "weights and heatmap, separated by commas",
                              word));
    }
  }
  return formats;
}

class AttentionWriterNode : public pipeline::Node {
 public:
  explicit AttentionWriterNode(const pipeline::Parameters& parameters)
      : formats_(parse_formats(parameters.get<std::string>("formats"))) {}

  void process(std::size_t, const Packet& packet, pipeline::Emitter&) override {
    if (packet.is_data()) maps_.push_back(packet.share<AttentionMap>());
  }

  void close(pipeline::RunContext& context) override {
    if (context.outputs == nullptr) return;
    start_ = context.start;
    for (const Format format : formats_) {
      switch (format) {
        case Format::kQueries:
          context.outputs->write(".attention.csv", queries());
          break;
        case Format::kOffsets:
          context.outputs->write(".offsets.csv", offsets());
          break;
        case Format::kWeights:
          context.outputs->write(".weights.csv", weights());
          break;
        case Format::kHeatMap:
          if (rows() > 0) context.outputs->write(".heatmap.png", heat_map());
          break;
      }
    }
  }

 private:
  double seconds(Timestamp time) const { return to_seconds(time - start_); }

  double offset_seconds(const AttentionMap& map, double offset) const {
    return (static_cast<double>(map.first_offset) + offset) * to_seconds(map.bin);
  }

  /// One line for each query: the source and the offset with the greatest shares.
  std::string queries() const {
    std::string text = "time_s,source,mass,offset_s,share\n";
    for (const auto& map : maps_) {
      const auto sources = map->sources.size();
      const auto count = static_cast<std::size_t>(map->offsets);
      for (std::size_t i = 0; i < map->times.size(); ++i) {
        const auto mass = std::span(map->mass).subspan(i * sources, sources);
        const auto profile = std::span(map->profile).subspan(i * count, count);
        const auto source = std::ranges::max_element(mass);
        const auto offset = std::ranges::max_element(profile);
        if (source == mass.end() || *source <= 0) {
          text += fmt::format("{:.3f},,0,,0\n", seconds(map->times[i]));
          continue;
        }
        text += fmt::format("{:.3f},{},{:.4f},{:.3f},{:.4f}\n", seconds(map->times[i]),
                            map->sources[source - mass.begin()], *source,
                            offset_seconds(*map, static_cast<double>(offset - profile.begin())),
                            *offset);
      }
    }
    return text;
  }

  /// Shares by offset, mean over all queries that found a key.
  std::string offsets() const {
    if (maps_.empty()) return "offset_s,share\n";
    const AttentionMap& first = *maps_.front();
    std::vector<double> sums(static_cast<std::size_t>(first.offsets));
    double all = 0;
    for (const auto& map : maps_) {
      for (std::size_t i = 0; i < map->profile.size(); ++i)
        sums[i % sums.size()] += map->profile[i];
      for (const float mass : map->mass) all += mass;
    }
    std::string text = "offset_s,share\n";
    for (std::size_t i = 0; i < sums.size(); ++i)
      text += fmt::format("{:.3f},{:.4f}\n", offset_seconds(first, static_cast<double>(i)),
                          all > 0 ? sums[i] / all : 0.0);
    return text;
  }

  std::string weights() const {
    const bool kept = std::ranges::all_of(maps_, [](const auto& map) { return map->has_weights; });
    if (!kept)
      throw Error(ErrorKind::kConfig,
                  "there are no weights to write: set weights: true on the cross_attention");
    std::string text = "query_s,key_s,source,weight\n";
    for (const auto& map : maps_)
      for (const AttentionMap::Weight& w : map->weights)
        text += fmt::format("{:.3f},{:.3f},{},{:.4f}\n", seconds(w.query), seconds(w.key), w.source,
                            w.weight);
    return text;
  }

  std::int64_t rows() const {
    std::int64_t queries = 0;
    for (const auto& map : maps_) queries += std::ssize(map->times);
    return queries == 0 ? 0 : maps_.front()->offsets;
  }

  std::string heat_map() const {
    std::vector<float> values;
    for (const auto& map : maps_)
      values.insert(values.end(), map->profile.begin(), map->profile.end());
    return heat_map_png(values, std::ssize(values) / rows(), rows());
  }

  std::vector<Format> formats_;
  std::vector<std::shared_ptr<const AttentionMap>> maps_;
  Timestamp start_{};
};

}  // namespace

pipeline::NodeType attention_writer_type() {
  return {
      .name = "attention_writer",
      .summary = "Writes where an attention looked: tables and a heat map",
      .doc =
          "queries    .attention.csv  for each query the source and the offset it looked at most\n"
          "offsets    .offsets.csv    the share of each offset, over all queries\n"
          "weights    .weights.csv    each weight, if the attention was asked for them\n"
          "heatmap    .heatmap.png    time from left to right, offset from bottom (earliest) to "
          "top\n"
          "Offsets are times of keys less times of queries. Times are relative to the recording's\n"
          "start.\n"
          "Latency: the whole recording. Memory: a few hundred bytes for each query, and 32 for\n"
          "each weight.",
      .inputs = {pipeline::port<AttentionMap>("map", "of a cross_attention")},
      .outputs = {},
      .parameters = {{.name = "formats",
                      .default_value = std::string("queries,offsets,heatmap"),
                      .doc = "files to write: queries, offsets, weights, heatmap"}},
      .concurrency = pipeline::Concurrency::kSerial,
      .example = "maps: {type: attention_writer, in: attention.map}",
      .make =
          [](const pipeline::Parameters& p) { return std::make_unique<AttentionWriterNode>(p); },
  };
}

}  // namespace attune::nodes
