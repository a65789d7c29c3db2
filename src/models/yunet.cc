#include "models/yunet.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/layers.h"

namespace attune::models {
namespace {

using tensor::Tensor;

constexpr float kNormEpsilon = 1e-5F;
constexpr std::array kHeads{"cls", "obj", "bbox", "kps"};
constexpr std::array<std::int64_t, 4> kHeadWidths{1, 1, 4, 10};

// Where the units of the backbone stand: model0 to model5, two units each; model0's first
// convolution is the stem.
constexpr std::array kBackbone{
    "backbone.model0.conv2", "backbone.model1.conv1", "backbone.model1.conv2",
    "backbone.model2.conv1", "backbone.model2.conv2", "backbone.model3.conv1",
    "backbone.model3.conv2", "backbone.model4.conv1", "backbone.model4.conv2",
    "backbone.model5.conv1", "backbone.model5.conv2"};

// to[y, x] += from[y / 2, x / 2]
void add_upsampled(const Tensor& from, Tensor& to) {
  const auto channels = to.dim(3);
  float* out = to.data();
  for (std::int64_t y = 0; y < to.dim(1); ++y)
    for (std::int64_t x = 0; x < to.dim(2); ++x) {
      const float* in = from.data() + ((y / 2) * from.dim(2) + x / 2) * channels;
      std::transform(out, out + channels, in, out, std::plus<>());
      out += channels;
    }
}

// Joins along the outermost axis.
Tensor stacked(const std::vector<Tensor>& parts) {
  tensor::Shape shape = parts.front().shape();
  shape[0] = 0;
  for (const Tensor& part : parts) shape[0] += part.dim(0);
  Tensor result(shape);
  float* out = result.data();
  for (const Tensor& part : parts) out = std::copy_n(part.data(), part.size(), out);
  return result;
}

}  // namespace

// Finds a convolution's weights under the training repository's names, or, where an exporter folded
// the normalisation and left only numbers, by the convolution's place in the graph.
class YuNet::Reader {
 public:
  explicit Reader(const WeightFile& file) : file_(file) {}

  tensor::Conv stem() const {
    const auto folded =
        convolution("backbone.model0.conv1", "backbone.model0.bn1", "input", {-1, 3, 3, 3});
    return {folded.weight,
            folded.bias,
            {.stride = {2, 2}, .padding = {1, 1}, .activation = tensor::Activation::kRelu}};
  }

  Unit unit(const std::string& prefix) const {
    const Tensor weight = file_.tensor(prefix + ".conv1.weight", {-1, -1, 1, 1});
    const auto channels = weight.dim(0);
    const Tensor bias = file_.tensor(prefix + ".conv1.bias", {channels});
    const auto second = convolution(prefix + ".conv2", prefix + ".bn",
                                    output_of(prefix + ".conv1.weight"), {channels, 1, 3, 3});
    return {tensor::Conv(weight, bias),
            tensor::Conv(
                second.weight, second.bias,
                {.padding = {1, 1}, .groups = channels, .activation = tensor::Activation::kRelu})};
  }

  /// The four outputs of one level as one unit.
  Unit head(std::size_t level) const {
    std::array<std::vector<Tensor>, 4> parts;
    for (std::size_t i = 0; i < kHeads.size(); ++i) {
      const auto prefix = fmt::format("bbox_head.multi_level_{}.{}", kHeads[i], level);
      const auto n = kHeadWidths[i];
      parts[0].push_back(file_.tensor(prefix + ".conv1.weight", {n, -1, 1, 1}));
      parts[1].push_back(file_.tensor(prefix + ".conv1.bias", {n}));
      parts[2].push_back(file_.tensor(prefix + ".conv2.weight", {n, 1, 3, 3}));
      parts[3].push_back(file_.tensor(prefix + ".conv2.bias", {n}));
    }
    return {tensor::Conv(stacked(parts[0]), stacked(parts[1])),
            tensor::Conv(stacked(parts[2]), stacked(parts[3]),
                         {.padding = {1, 1}, .groups = kOutputs})};
  }

  std::vector<Unit> units(std::span<const char* const> prefixes) const {
    std::vector<Unit> result;
    for (const char* prefix : prefixes) result.push_back(unit(prefix));
    return result;
  }

  std::vector<Unit> levels(const std::string& prefix, const std::string& suffix = "") const {
    std::vector<Unit> result;
    for (std::size_t level = 0; level < kStrides.size(); ++level)
      result.push_back(unit(prefix + std::to_string(level) + suffix));
    return result;
  }

  std::vector<Unit> heads() const {
    std::vector<Unit> result;
    for (std::size_t level = 0; level < kStrides.size(); ++level) result.push_back(head(level));
    return result;
  }

  bool has(const std::string& name) const { return file_.contains(name); }

 private:
  tensor::FoldedWeights convolution(const std::string& name, const std::string& norm,
                                    const std::string& input, const tensor::Shape& shape) const {
    if (!file_.contains(name + ".weight") && !file_.nodes().empty()) {
      const OnnxNode& node = reader_of(input, name);
      const Tensor weight = file_.tensor(node.inputs[1], shape);
      return {weight, file_.tensor(node.inputs[2], {weight.dim(0)})};
    }
    const Tensor weight = file_.tensor(name + ".weight", shape);
    const Tensor bias = file_.tensor(name + ".bias", {weight.dim(0)});
    if (!file_.contains(norm + ".weight")) return {weight, bias};
    return fold(weight, bias, batch_norm(file_, norm, weight.dim(0), kNormEpsilon));
  }

  /// The value that the convolution with this weight computes; empty outside ONNX.
  std::string output_of(const std::string& weight) const {
    for (const OnnxNode& node : file_.nodes())
      if (node.inputs.size() > 1 && node.inputs[1] == weight && !node.outputs.empty())
        return node.outputs[0];
    return {};
  }

  /// The convolution that takes this value.
  const OnnxNode& reader_of(const std::string& value, const std::string& name) const {
    for (const OnnxNode& node : file_.nodes())
      if (node.operation == "Conv" && node.inputs.size() == 3 && node.inputs[0] == value)
        return node;
    file_.fail("the graph has no convolution in the place of \"" + name + "\"");
  }

  const WeightFile& file_;
};

YuNet::YuNet(const WeightFile& file) : YuNet(Reader(file)) {}

YuNet::YuNet(const Reader& reader)
    : stem_(reader.stem()),
      backbone_(reader.units(kBackbone)),
      neck_(reader.levels("neck.lateral_convs.")),
      heads_(reader.heads()),
      halve_(tensor::Pool::max({.kernel = {2, 2}, .stride = {2, 2}})) {
  if (reader.has("bbox_head.multi_level_share_convs.0.0.conv1.weight"))
    shared_ = reader.levels("bbox_head.multi_level_share_convs.", ".0");
}

std::array<Tensor, 3> YuNet::operator()(const Tensor& picture) const {
  tensor::expect_shape(picture, {1, -1, -1, 3}, "face detector input");
  const auto stage = [&](std::size_t index, const Tensor& x) {
    return backbone_[2 * index](backbone_[2 * index - 1](x));
  };
  const Tensor quarter = halve_(backbone_[0](stem_(picture)));
  std::array<Tensor, 3> levels;
  levels[0] = stage(3, halve_(stage(2, stage(1, quarter))));
  levels[1] = stage(4, halve_(levels[0]));
  levels[2] = stage(5, halve_(levels[1]));
  levels[2] = neck_[2](levels[2]);
  for (const std::size_t level : {1U, 0U}) {
    add_upsampled(levels[level + 1], levels[level]);
    levels[level] = neck_[level](levels[level]);
  }
  std::array<Tensor, 3> outputs;
  for (std::size_t level = 0; level < levels.size(); ++level)
    outputs[level] = heads_[level](shared_.empty() ? levels[level] : shared_[level](levels[level]));
  return outputs;
}

}  // namespace attune::models
