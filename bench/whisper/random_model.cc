#include "random_model.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <random>
#include <vector>

#include "core/error.h"
#include "models/whisper/log_mel.h"

namespace attune::bench {
namespace {

using Extents = std::vector<std::int32_t>;

struct Size {
  const char* name;
  std::int32_t width;
  std::int32_t layers;
};
constexpr Size kSizes[] = {
    {"tiny", 384, 4}, {"base", 512, 6}, {"small", 768, 12}, {"medium", 1024, 24}};

constexpr std::int32_t kHeadWidth = 64;
constexpr std::int32_t kBands = 80;
constexpr std::int32_t kPositions = 1500;
constexpr std::int32_t kTextContext = 448;
constexpr std::int32_t kFloat32 = 0;
constexpr std::int32_t kFloat16 = 1;

class Writer {
 public:
  Writer(const std::filesystem::path& path, const Size& size, bool english)
      : file_(path, std::ios::binary), width_(size.width), layers_(size.layers) {
    if (!file_) throw Error(ErrorKind::kOutput, path.string() + " cannot be written");
    write_header(english ? 51864 : 51865, english ? 50257 : 50258);
    write_encoder();
    write_decoder(english ? 51864 : 51865);
    if (!file_.flush()) throw Error(ErrorKind::kOutput, path.string() + " cannot be written");
  }

 private:
  void number(std::int32_t value) { bytes(&value, sizeof(value)); }
  void bytes(const void* data, std::size_t count) {
    file_.write(static_cast<const char*>(data), static_cast<std::streamsize>(count));
  }

  void write_header(std::int32_t vocabulary, std::int32_t words) {
    number(0x67676d6c);
    for (const std::int32_t value :
         {vocabulary, kPositions, width_, width_ / kHeadWidth, layers_, kTextContext, width_,
          width_ / kHeadWidth, layers_, kBands, kFloat16})
      number(value);
    const tensor::Tensor filters = models::whisper::mel_filters(kBands);
    number(kBands);
    number(models::whisper::kSpectrumBins);
    bytes(filters.data(), filters.values().size_bytes());
    number(words);
    for (std::int32_t word = 0; word < words; ++word) {
      const std::string text = " w" + std::to_string(word);
      number(static_cast<std::int32_t>(text.size()));
      bytes(text.data(), text.size());
    }
  }

  /// `extents` fastest first, as the file has them.
  std::size_t begin_tensor(const std::string& name, const Extents& extents, std::int32_t type) {
    number(static_cast<std::int32_t>(extents.size()));
    number(static_cast<std::int32_t>(name.size()));
    number(type);
    std::size_t count = 1;
    for (const std::int32_t extent : extents) {
      number(extent);
      count *= static_cast<std::size_t>(extent);
    }
    bytes(name.data(), name.size());
    return count;
  }

  /// Magnitudes of 2^-5 to 2^-4, either sign.
  void halves(const std::string& name, const Extents& extents) {
    std::vector<std::uint16_t> values(begin_tensor(name, extents, kFloat16));
    constexpr std::uint16_t kExponent = 10 << 10;
    for (auto& value : values) {
      const auto bits = random_();
      value = static_cast<std::uint16_t>((bits & 0x8000) | kExponent | (bits >> 16 & 0x3FF));
    }
    bytes(values.data(), 2 * values.size());
  }

  void floats(const std::string& name, const Extents& extents, float value) {
    const std::vector<float> values(begin_tensor(name, extents, kFloat32), value);
    bytes(values.data(), sizeof(float) * values.size());
  }

  void linear(const std::string& name, std::int32_t outputs, std::int32_t inputs,
              bool bias = true) {
    halves(name + ".weight", {inputs, outputs});
    if (bias) floats(name + ".bias", {outputs}, 0.01F);
  }
  void norm(const std::string& name) {
    floats(name + ".weight", {width_}, 1);
    floats(name + ".bias", {width_}, 0);
  }
  void attention(const std::string& name) {
    linear(name + ".query", width_, width_);
    linear(name + ".key", width_, width_, false);
    linear(name + ".value", width_, width_);
    linear(name + ".out", width_, width_);
  }
  void block(const std::string& name, bool crosses) {
    norm(name + ".attn_ln");
    attention(name + ".attn");
    if (crosses) {
      norm(name + ".cross_attn_ln");
      attention(name + ".cross_attn");
    }
    norm(name + ".mlp_ln");
    linear(name + ".mlp.0", 4 * width_, width_);
    linear(name + ".mlp.2", width_, 4 * width_);
  }

  void write_encoder() {
    floats("encoder.positional_embedding", {width_, kPositions}, 0.02F);
    halves("encoder.conv1.weight", {3, kBands, width_});
    floats("encoder.conv1.bias", {1, width_}, 0.01F);
    halves("encoder.conv2.weight", {3, width_, width_});
    floats("encoder.conv2.bias", {1, width_}, 0.01F);
    for (std::int32_t layer = 0; layer < layers_; ++layer)
      block("encoder.blocks." + std::to_string(layer), false);
    norm("encoder.ln_post");
  }

  void write_decoder(std::int32_t vocabulary) {
    floats("decoder.positional_embedding", {width_, kTextContext}, 0.02F);
    halves("decoder.token_embedding.weight", {width_, vocabulary});
    for (std::int32_t layer = 0; layer < layers_; ++layer)
      block("decoder.blocks." + std::to_string(layer), true);
    norm("decoder.ln");
  }

  std::ofstream file_;
  std::int32_t width_;
  std::int32_t layers_;
  std::mt19937 random_{1};
};

}  // namespace

void write_random_model(const std::string& name, const std::filesystem::path& path) {
  const bool english = name.ends_with(".en");
  const std::string plain = english ? name.substr(0, name.size() - 3) : name;
  for (const Size& size : kSizes)
    if (plain == size.name) {
      const Writer writer(path, size, english);
      return;
    }
  throw Error(ErrorKind::kUsage, "\"" + name + "\" is none of tiny, base, small and medium");
}

}  // namespace attune::bench
