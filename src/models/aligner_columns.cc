#include "models/aligner_columns.h"

#include <algorithm>

namespace attune::models {

namespace {

constexpr int kBlockTicks = AlignModel::kBlockTicks;
constexpr int kProjected = AlignModel::kProjected;

// Rows of a block's ticks, zeros where there are none.
tensor::Tensor block_rows(const TickBuffer& buffer, TokenIndex first) {
  tensor::Tensor rows = tensor::Tensor::zeros({kBlockTicks, buffer.width()});
  for (int t = 0; t < kBlockTicks; ++t) {
    if (!buffer.contains(first + t)) continue;
    std::ranges::copy(buffer.row(first + t), rows.data() + t * buffer.width());
  }
  return rows;
}

void append_projected(const tensor::Tensor& projected, int tick, std::vector<float>& columns) {
  const auto values = projected.values().subspan(tick * kProjected, kProjected);
  columns.insert(columns.end(), values.begin(), values.end());
}

}  // namespace

std::vector<float> speaking_columns(const AlignModel& model, const AttendedBlock& block,
                                    const AttendedTrack& track, const TickBuffer& audio,
                                    const TickBuffer& speech) {
  const AlignGeometry& g = model.geometry();
  const HeadProjections& layers = model.head_projections();
  const int tracks = block.evidence.tracks;
  const std::vector<float> distribution =
      model.attention().lag_distribution(block.evidence, track.index);
  const tensor::Tensor attended(
      {kBlockTicks, g.width},
      model.attention().attended(block.first, distribution, track.values.view()));
  const tensor::Tensor heard = layers.speaking_audio(block_rows(audio, block.first));
  const tensor::Tensor seen = layers.speaking_face(block_rows(track.values, block.first));
  const tensor::Tensor value = layers.speaking_value(attended);
  const auto limit = static_cast<float>(g.margin_clamp);

  std::vector<float> columns;
  columns.reserve(static_cast<std::size_t>(block.length) * model.speaking_head().features());
  for (int t = 0; t < block.length; ++t) {
    const auto per_head = [&](auto&& feature) {
      for (int h = 0; h < g.heads; ++h) columns.push_back(feature(h * kBlockTicks + t));
    };
    per_head([&](int row) { return block.weights.mass[row * tracks + track.index]; });
    per_head([&](int row) { return block.weights.null[row]; });
    per_head([&](int row) {
      const float margin = block.margin[row * tracks + track.index];
      return std::clamp(margin, -limit, limit) * static_cast<float>(g.margin_scale);
    });
    const TokenIndex tick = block.first + t;
    const float motion = track.motion.contains(tick) ? track.motion.row(tick)[0] : 0.0F;
    columns.push_back(motion * static_cast<float>(g.motion_scale));
    columns.push_back(speech.row(tick)[0]);
    for (const tensor::Tensor* projected : {&heard, &seen, &value}) {
      append_projected(*projected, t, columns);
    }
  }
  return columns;
}

std::vector<float> offscreen_columns(const AlignModel& model, const AttendedBlock& block,
                                     const TickBuffer& audio, const TickBuffer& speech) {
  const AlignGeometry& g = model.geometry();
  const std::size_t tracks = block.evidence.tracks;
  const tensor::Tensor heard =
      model.head_projections().offscreen_audio(block_rows(audio, block.first));
  std::vector<float> columns;
  for (int t = 0; t < block.length; ++t) {
    for (int h = 0; h < g.heads; ++h) columns.push_back(block.weights.null[h * kBlockTicks + t]);
    for (int h = 0; h < g.heads; ++h) {
      const auto masses =
          std::span(block.weights.mass).subspan((h * kBlockTicks + t) * tracks, tracks);
      columns.push_back(masses.empty() ? 0.0F : std::ranges::max(masses));
    }
    columns.push_back(speech.row(block.first + t)[0]);
    append_projected(heard, t, columns);
  }
  return columns;
}

}  // namespace attune::models
