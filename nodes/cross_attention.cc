#include "nodes/cross_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "attention/cross_attention.h"
#include "core/error.h"
#include "nodes/token_buffer.h"
#include "nodes/token_projection.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {
namespace {

using attention::HeadsView;
using pipeline::Packet;

enum Input : std::size_t { kQuery, kKey };
enum Output : std::size_t { kAttended, kMap };

attention::Kernel parse_kernel(const std::string& text) {
  using attention::Kernel;
  for (const Kernel kernel : {Kernel::kExact, Kernel::kTiled, Kernel::kCompressed})
    if (text == name(kernel)) return kernel;
  return text == name(Kernel::kWindowed) ? Kernel::kWindowed : Kernel::kAuto;
}

struct Settings {
  explicit Settings(const pipeline::Parameters& p)
      : kernel(parse_kernel(p.get<std::string>("kernel"))),
        before(p.get<Duration>("before")),
        after(p.get<Duration>("after")),
        bin(p.get<Duration>("bin")),
        stride(p.get<std::int64_t>("stride")),
        heads(p.get<std::int64_t>("heads")),
        scale(p.get<double>("scale")),
        bfloat16(p.get<std::string>("precision") == "bf16"),
        weights(p.get<bool>("weights")) {
    if (before + after < Duration::zero())
      throw Error(ErrorKind::kConfig,
                  fmt::format("a window from {} s before to {} s after the query holds no key",
                              to_seconds(before), to_seconds(after)));
  }

  bool whole() const {
    return kernel != attention::Kernel::kWindowed && kernel != attention::Kernel::kAuto;
  }

  attention::Kernel kernel;
  Duration before, after, bin;
  std::int64_t stride;
  std::int64_t heads;
  double scale;
  bool bfloat16;
  bool weights;
};

/// Times of tokens in nanoseconds, or in bins rounded to the nearest.
std::vector<std::int64_t> counted(const std::vector<Timestamp>& times, Duration unit) {
  std::vector<std::int64_t> result;
  for (const Timestamp time : times)
    result.push_back(
        std::llround(static_cast<double>(time.count()) / static_cast<double>(unit.count())));
  return result;
}

class CrossAttentionNode : public pipeline::Node {
 public:
  explicit CrossAttentionNode(const pipeline::Parameters& parameters)
      : settings_(parameters),
        query_projection_(parameters.get<std::string>("query_projection")),
        key_projection_(parameters.get<std::string>("key_projection")) {}

  void open(pipeline::RunContext&) override {
    query_projection_.open();
    key_projection_.open();
  }

  void process(std::size_t port, const Packet& packet, pipeline::Emitter& out) override {
    if (port == kQuery && packet.is_data())
      queries_.add(query_projection_(packet.get<TokenSequence>()), "query");
    if (port == kKey && packet.is_data())
      keys_.add(key_projection_(packet.get<TokenSequence>()), "key");
    // Packets come in order of time over both ports.
    complete_ = std::max(complete_, packet.span().start);
    if (!settings_.whole()) {
      answer_ready(out);
      forget();
    }
  }

  void flush(pipeline::Emitter& out) override {
    if (settings_.whole()) {
      answer(queries_.length(), out);
    } else {
      while (queries_.length() > 0) answer(std::min(queries_.length(), kBlock), out);
    }
  }

 private:
  /// Blocks of queries are cut by their number alone: results do not depend on when tokens came.
  void answer_ready(pipeline::Emitter& out) {
    while (queries_.length() >= kBlock &&
           queries_.times[kBlock - 1] + std::max(settings_.after, Duration::zero()) < complete_)
      answer(kBlock, out);
  }

  /// Keys that no query to come can reach.
  void forget() {
    if (complete_ == Timestamp::min()) return;
    const Timestamp next =
        queries_.length() > 0 ? std::min(queries_.times.front(), complete_) : complete_;
    keys_.drop_before(next - settings_.before);
  }

  void answer(std::int64_t count, pipeline::Emitter& out) {
    if (count == 0) return;
    const TokenBuffer block = queries_.rows(0, count);
    const TimeSpan span{block.times.front(), block.times.back()};
    const TokenBuffer keys = settings_.whole() ? keys_
                                               : keys_.between(span.start - settings_.before,
                                                               span.end + settings_.after);
    check_widths(block, keys);
    attend(block, keys, span, out);
    queries_.drop_first(count);
    for (const Output port : {kAttended, kMap}) out.emit(port, Packet::watermark(span.end));
  }

  std::int64_t heads_of(const TokenBuffer& queries, const TokenBuffer& keys) const {
    if (settings_.heads != 0) return settings_.heads;
    return std::max(queries.heads, keys.length() > 0 ? keys.heads : 1);
  }

  void check_widths(const TokenBuffer& queries, const TokenBuffer& keys) const {
    if (keys.length() > 0 && queries.width != keys.width)
      throw Error(ErrorKind::kConfig,
                  fmt::format("query tokens have {} numbers and key tokens {}; project them to one "
                              "width with query_projection or key_projection",
                              queries.width, keys.width));
    const std::int64_t heads = heads_of(queries, keys);
    if (queries.width % heads != 0)
      throw Error(ErrorKind::kConfig, fmt::format("tokens of {} numbers cannot be shared among {} "
                                                  "heads",
                                                  queries.width, heads));
  }

  void attend(const TokenBuffer& queries, const TokenBuffer& keys, const TimeSpan& span,
              pipeline::Emitter& out) const {
    const std::int64_t heads = heads_of(queries, keys);
    const std::int64_t count = queries.length();
    const auto view = [&](auto& numbers, std::int64_t length) {
      using Number = std::remove_reference_t<decltype(numbers[0])>;
      return HeadsView<Number>::interleaved(numbers.data(), 1, length, heads,
                                            queries.width / heads);
    };
    const auto query_times = counted(queries.times, Duration(1));
    const auto key_times = counted(keys.times, Duration(1));
    const auto query_bins = counted(queries.times, settings_.bin);
    const auto key_bins = counted(keys.times, settings_.bin);

    attention::CrossAttentionOptions options;
    options.kernel = settings_.kernel;
    if (settings_.scale != 0) options.scale = static_cast<float>(settings_.scale);
    const bool compressed = settings_.kernel == attention::Kernel::kCompressed;
    if (compressed) options.compression.stride = settings_.stride;
    if (compressed || !settings_.whole())
      options.window = attention::KeyWindow{.before = settings_.before.count(),
                                            .after = settings_.after.count(),
                                            .query_times = query_times,
                                            .key_times = key_times};

    MapOfHeads map(queries, keys, heads, settings_);
    TokenSequence attended;
    attended.width = queries.width;
    attended.heads = heads;
    attended.times = queries.times;
    attended.tokens.resize(static_cast<std::size_t>(count * queries.width));
    attention::AttentionReadout readout;
    if (!compressed) readout = map.readout(query_bins, key_bins);
    if (keys.length() == 0) {
      // Nothing to attend to.
    } else if (settings_.bfloat16) {
      const auto q = rounded(queries.numbers);
      const auto k = rounded(keys.numbers);
      attention::cross_attention(view(q, count), view(k, keys.length()), view(k, keys.length()),
                                 view(attended.tokens, count), options, readout);
    } else {
      attention::cross_attention(view(queries.numbers, count), view(keys.numbers, keys.length()),
                                 view(keys.numbers, keys.length()), view(attended.tokens, count),
                                 options, readout);
    }
    out.emit(kAttended, Packet::data(span, std::move(attended)));
    if (!compressed) out.emit(kMap, Packet::data(span, map.mean()));
  }

  static std::vector<tensor::BFloat16> rounded(const std::vector<float>& numbers) {
    std::vector<tensor::BFloat16> result;
    result.reserve(numbers.size());
    for (const float number : numbers) result.push_back(tensor::BFloat16::round(number));
    return result;
  }

  /// What is read out of the attention of each head, and its mean.
  class MapOfHeads {
   public:
    MapOfHeads(const TokenBuffer& queries, const TokenBuffer& keys, std::int64_t heads,
               const Settings& settings)
        : queries_(queries), keys_(keys), heads_(heads) {
      const std::set<std::int64_t> sources(keys.sources.begin(), keys.sources.end());
      map_.times = queries.times;
      map_.sources.assign(sources.begin(), sources.end());
      map_.has_weights = settings.weights;
      for (const std::int64_t source : keys.sources)
        groups_.push_back(static_cast<std::int32_t>(std::ranges::lower_bound(map_.sources, source) -
                                                    map_.sources.begin()));
      map_.bin = settings.bin;
      const auto bins = [&](Duration d) {
        return static_cast<std::int64_t>(std::floor(
            static_cast<double>(d.count()) / static_cast<double>(settings.bin.count()) + 0.5));
      };
      map_.first_offset = -bins(settings.before);
      map_.offsets = bins(settings.after) - map_.first_offset + 1;
      const std::int64_t rows = heads * queries.length();
      mass_.resize(rows * map_.sources.size());
      profile_.resize(rows * map_.offsets);
      if (settings.weights) weights_.resize(rows * keys.length());
    }

    attention::AttentionReadout readout(std::span<const std::int64_t> query_bins,
                                        std::span<const std::int64_t> key_bins) {
      const auto view = [&](std::vector<float>& numbers, std::int64_t width) {
        return HeadsView<float>::head_major(numbers.data(), 1, heads_, queries_.length(), width);
      };
      attention::AttentionReadout readout;
      readout.group_sums = view(mass_, std::ssize(map_.sources));
      readout.key_groups = groups_;
      readout.offset_sums = view(profile_, map_.offsets);
      readout.first_offset = map_.first_offset;
      readout.query_positions = query_bins;
      readout.key_positions = key_bins;
      if (!weights_.empty()) readout.weights = view(weights_, keys_.length());
      return readout;
    }

    AttentionMap mean() {
      map_.mass = mean_of(mass_);
      map_.profile = mean_of(profile_);
      const std::vector<float> weights = mean_of(weights_);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const auto query = static_cast<std::int64_t>(i) / keys_.length();
        const auto key = static_cast<std::int64_t>(i) % keys_.length();
        if (weights[i] >= kLeastWeight)
          map_.weights.push_back(
              {queries_.times[query], keys_.times[key], keys_.sources[key], weights[i]});
      }
      return std::move(map_);
    }

   private:
    std::vector<float> mean_of(const std::vector<float>& values) const {
      std::vector<float> result(values.size() / heads_);
      for (std::size_t i = 0; i < values.size(); ++i) result[i % result.size()] += values[i];
      for (float& value : result) value /= static_cast<float>(heads_);
      return result;
    }

    static constexpr float kLeastWeight = 1e-4F;

    const TokenBuffer& queries_;
    const TokenBuffer& keys_;
    std::int64_t heads_;
    AttentionMap map_;
    std::vector<std::int32_t> groups_;
    std::vector<float> mass_, profile_, weights_;
  };

  static constexpr std::int64_t kBlock = 48;

  Settings settings_;
  TokenProjection query_projection_;
  TokenProjection key_projection_;
  TokenBuffer queries_;
  TokenBuffer keys_;
  /// No token before it will come, on either port.
  Timestamp complete_ = Timestamp::min();
};

std::vector<pipeline::ParameterSpec> parameters() {
  constexpr double kHour = 3600;
  return {
      {.name = "kernel",
       .default_value = std::string("auto"),
       .doc =
           "auto (windowed); windowed: keys within the window, as the stream goes; exact, tiled: "
           "every key of the recording, at its end; compressed: the window exactly and the rest "
           "of the recording pooled, at its end, without a map",
       .choices = {"auto", "windowed", "exact", "tiled", "compressed"}},
      {.name = "before",
       .default_value = Duration(std::chrono::milliseconds(600)),
       .doc = "how far back of a query its window, and the map's offsets, reach",
       .minimum = -kHour,
       .maximum = kHour},
      {.name = "after",
       .default_value = Duration(std::chrono::milliseconds(600)),
       .doc = "how far ahead",
       .minimum = -kHour,
       .maximum = kHour},
      {.name = "bin",
       .default_value = Duration(kTokenPeriod),
       .doc = "width of the map's bins of offsets",
       .minimum = 0.0001,
       .maximum = kHour},
      {.name = "stride",
       .default_value = std::int64_t{25},
       .doc = "keys that the compressed kernel pools into one",
       .unit = "tokens",
       .minimum = 1,
       .maximum = 100000},
      {.name = "heads",
       .default_value = std::int64_t{0},
       .doc = "heads that the numbers of a token are shared among; 0: as the tokens were made",
       .minimum = 0,
       .maximum = 1024},
      {.name = "scale",
       .default_value = 0.0,
       .doc = "factor on the dot products; 0: 1 / sqrt(numbers of a head)"},
      {.name = "precision",
       .default_value = std::string("f32"),
       .doc = "f32, or bf16: half the memory traffic where the processor multiplies bfloat16",
       .choices = {"f32", "bf16"}},
      {.name = "query_projection",
       .default_value = std::string(),
       .doc = "CSV file with a matrix that query tokens are multiplied by, one line for each of "
              "their numbers"},
      {.name = "key_projection", .default_value = std::string(), .doc = "the same for key tokens"},
      {.name = "weights",
       .default_value = false,
       .doc = "put the weight of each query on each key into the map, those above 0.0001"}};
}

}  // namespace

pipeline::NodeType cross_attention_type() {
  return {
      .name = "cross_attention",
      .summary = "One sequence of tokens asks others where they agree with it",
      .doc =
          "For each query token, a softmax over the key tokens of all sources within its window "
          "of\n"
          "time says which of them agree with it; the attended value is their mean under these\n"
          "weights. Any two sequences: sound over faces, faces over sound, rows of a CSV file "
          "over\n"
          "either. (Who speaks comes from the node aligner, which gathers evidence over time.)\n"
          "Latency: after, and 48 queries. Memory: the tokens within the window; all tokens with\n"
          "the kernels exact, tiled and compressed, which answer at the end.",
      .inputs = {pipeline::port<TokenSequence>("query", "the tokens that ask"),
                 pipeline::port<TokenSequence>("key", "the tokens that are asked")},
      .outputs = {pipeline::port<TokenSequence>("attended", "one token for each query"),
                  pipeline::port<AttentionMap>("map", "shares by source and by offset in time")},
      .parameters = parameters(),
      .concurrency = pipeline::Concurrency::kSerial,
      .example =
          "attention: {type: cross_attention, in: {query: hearing.queries, key: seeing.keys}}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<CrossAttentionNode>(p); },
  };
}

}  // namespace attune::nodes
