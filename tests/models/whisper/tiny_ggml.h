#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "models/whisper/log_mel.h"
#include "models/whisper/tokenizer.h"

namespace attune::models::whisper {

/// What a tiny model is made of; the defaults are one layer each of 64 channels.
struct TinyModel {
  int vocabulary = 51864;
  int width = 64;
  int layers = 1;
  /// Texts of the tokens are " w300", ...; fewer than the model needs when this is smaller.
  int listed_tokens = 50257;
  std::uint32_t seed = 1;
};

/// Writes a file in the ggml format with random weights: every tensor of the real family.
class TinyGgmlWriter {
 public:
  TinyGgmlWriter(const std::filesystem::path& path, TinyModel model)
      : file_(path, std::ios::binary), model_(model), state_(model.seed) {}

  void write() {
    constexpr int kPositions = 1500;
    constexpr int kText = 448;
    const int heads = model_.width / 64;
    for (const int number : {0x67676d6c, model_.vocabulary, kPositions, model_.width, heads,
                             model_.layers, kText, model_.width, heads, model_.layers, 80, 0})
      put(number);
    const tensor::Tensor filters = mel_filters(80);
    put(80);
    put(201);
    put_values(filters.values());
    put_vocabulary();

    const int d = model_.width;
    matrix("encoder.positional_embedding", {d, kPositions}, 0.02f);
    matrix("encoder.conv1.weight", {3, 80, d}, 0.1f);
    matrix("encoder.conv1.bias", {1, d}, 0.1f);
    matrix("encoder.conv2.weight", {3, d, d}, 0.1f);
    matrix("encoder.conv2.bias", {1, d}, 0.1f);
    for (int i = 0; i < model_.layers; ++i) block("encoder.blocks." + std::to_string(i), false);
    norm("encoder.ln_post");
    matrix("decoder.positional_embedding", {d, kText}, 0.1f);
    matrix("decoder.token_embedding.weight", {d, model_.vocabulary}, 0.3f);
    for (int i = 0; i < model_.layers; ++i) block("decoder.blocks." + std::to_string(i), true);
    norm("decoder.ln");
  }

 private:
  void put(std::int32_t number) {
    file_.write(reinterpret_cast<const char*>(&number), sizeof(number));
  }

  void put_values(std::span<const float> values) {
    file_.write(reinterpret_cast<const char*>(values.data()),
                static_cast<std::streamsize>(values.size_bytes()));
  }

  void put_vocabulary() {
    put(model_.listed_tokens);
    for (int id = 0; id < model_.listed_tokens; ++id) {
      const std::string text =
          id < 256 ? std::string(1, static_cast<char>(byte_tokens()[static_cast<std::size_t>(id)]))
                   : " w" + std::to_string(id);
      put(static_cast<std::int32_t>(text.size()));
      file_ << text;
    }
  }

  void header(const std::string& name, const std::vector<int>& fastest_first) {
    put(static_cast<std::int32_t>(fastest_first.size()));
    put(static_cast<std::int32_t>(name.size()));
    put(0);  // f32
    for (const int extent : fastest_first) put(extent);
    file_ << name;
  }

  void matrix(const std::string& name, const std::vector<int>& fastest_first, float scale) {
    header(name, fastest_first);
    std::size_t size = 1;
    for (const int extent : fastest_first) size *= static_cast<std::size_t>(extent);
    std::vector<float> values(size);
    for (float& value : values) {
      state_ = state_ * 1664525u + 1013904223u;
      value = scale * (static_cast<float>(state_ >> 8) / 8388608.0f - 1);
    }
    put_values(values);
  }

  void norm(const std::string& name) {
    header(name + ".weight", {model_.width});
    put_values(std::vector<float>(static_cast<std::size_t>(model_.width), 1.0f));
    header(name + ".bias", {model_.width});
    put_values(std::vector<float>(static_cast<std::size_t>(model_.width), 0.0f));
  }

  void linear(const std::string& name, int inputs, int outputs, bool bias) {
    matrix(name + ".weight", {inputs, outputs}, std::sqrt(3.0f / static_cast<float>(inputs)));
    if (bias) matrix(name + ".bias", {outputs}, 0.1f);
  }

  void attention(const std::string& name) {
    for (const char* part : {"query", "key", "value", "out"})
      linear(name + "." + part, model_.width, model_.width, std::string(part) != "key");
  }

  void block(const std::string& name, bool decoder) {
    norm(name + ".attn_ln");
    attention(name + ".attn");
    if (decoder) {
      norm(name + ".cross_attn_ln");
      attention(name + ".cross_attn");
    }
    norm(name + ".mlp_ln");
    linear(name + ".mlp.0", model_.width, 4 * model_.width, true);
    linear(name + ".mlp.2", 4 * model_.width, model_.width, true);
  }

  std::ofstream file_;
  TinyModel model_;
  std::uint32_t state_;
};

inline void write_tiny_ggml(const std::filesystem::path& path, TinyModel model = {}) {
  TinyGgmlWriter(path, model).write();
}

}  // namespace attune::models::whisper
