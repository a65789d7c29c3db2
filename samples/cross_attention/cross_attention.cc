// The cross-attention of every introduction: two queries of width 4 look at three keys.
//
// A query takes from the values in proportion to how well their keys agree with it; the weights of
// each query sum to 1, and each output row is the mean of the values under those weights.

#include "attention/cross_attention.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <numeric>
#include <span>

namespace {

constexpr int kBatch = 1;
constexpr int kHeads = 1;
constexpr int kQueries = 2;
constexpr int kKeys = 3;
constexpr int kWidth = 4;

void print_rows(std::span<const float> values, int columns) {
  for (; !values.empty(); values = values.subspan(columns)) {
    fmt::print("  {:7.4f}\n", fmt::join(values.first(columns), " "));
  }
}

void print_row_sums(std::span<const float> values, int columns) {
  fmt::print("  their rows sum to");
  for (; !values.empty(); values = values.subspan(columns)) {
    const auto row = values.first(columns);
    fmt::print(" {:.4f}", std::accumulate(row.begin(), row.end(), 0.0F));
  }
  fmt::print("\n");
}

}  // namespace

int main() {
  using attune::attention::HeadsView;

  const std::array<float, kQueries * kWidth> query{1, 0, 1, 0,  //
                                                   0, 2, 0, 2};
  const std::array<float, kKeys * kWidth> key{1, 1, 0, 0,  //
                                              0, 1, 0, 1,  //
                                              1, 0, 1, 0};
  const std::array<float, kKeys * kWidth> value{1, 2, 3, 4,  //
                                                5, 6, 7, 8,  //
                                                9, 8, 7, 6};
  std::array<float, kQueries * kWidth> output{};
  std::array<float, kQueries * kKeys> weights{};

  attune::attention::cross_attention(
      HeadsView<const float>::interleaved(query.data(), kBatch, kQueries, kHeads, kWidth),
      HeadsView<const float>::interleaved(key.data(), kBatch, kKeys, kHeads, kWidth),
      HeadsView<const float>::interleaved(value.data(), kBatch, kKeys, kHeads, kWidth),
      HeadsView<float>::interleaved(output.data(), kBatch, kQueries, kHeads, kWidth), {},
      {.weights = HeadsView<float>::head_major(weights.data(), kBatch, kHeads, kQueries, kKeys)});

  fmt::print("output shape ({}, {}, {})\n", kBatch, kQueries, kWidth);
  print_rows(output, kWidth);
  fmt::print("weights shape ({}, {}, {})\n", kBatch, kQueries, kKeys);
  print_rows(weights, kKeys);
  print_row_sums(weights, kKeys);
}
